import { ApiCommand } from '../../api.command.js';
import { connectionOf } from '../../contexts/connection.js';

export default class ContextShow extends ApiCommand {
  static override summary = 'Show which server commands would talk to';
  static override description =
    'After flags, PARLEY_URL and PARLEY_TOKEN, contexts and the server of this machine were weighed; the token is shortened.';
  static override examples = ['<%= config.bin %> context show', '<%= config.bin %> context show --context prod'];

  async run() {
    const { flags } = await this.parse(ContextShow);
    const connection = await connectionOf(flags, this.environment);
    for (const warning of connection.warnings) this.note(`Warning: ${warning}`);
    const token = `${connection.token.slice(0, 4)}…${connection.token.slice(-4)}`;
    this.fields({ Source: connection.source, URL: connection.url, Token: token, Tenant: connection.tenant });
    return { source: connection.source, url: connection.url, token, tenant: connection.tenant };
  }
}
