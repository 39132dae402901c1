import { Flags } from '@oclif/core';
import { SCOPES } from '@parley/domain';
import { routes } from '@parley/protocol';
import { TenantCommand } from '../../api.command.js';

export default class KeysCreate extends TenantCommand {
  static override summary = 'Create an API key, or a signing key';
  static override description = 'The secret is shown this once. With --signing: an HS256 key, with which the app signs user tokens itself.';
  static override examples = [
    '<%= config.bin %> keys create --tenant acme --name backend',
    '<%= config.bin %> keys create --tenant acme --name reader --scope users:read --scope rooms:read',
    '<%= config.bin %> keys create --tenant acme --signing --json',
  ];
  static override flags = {
    name: Flags.string({ summary: 'What it is for (API keys)', exclusive: ['signing'] }),
    scope: Flags.option({ options: SCOPES, multiple: true, summary: 'What it may do; default: everything', exclusive: ['signing'] })(),
    signing: Flags.boolean({ summary: 'A signing key' }),
  };

  async run() {
    const { flags } = await this.parse(KeysCreate);
    const { api, tenantId } = await this.inTenant(flags);
    this.hint('Keep the secret now: it is not shown again.');
    if (flags.signing) {
      const answer = await api.call(routes.adminKeys.createSigning, { tenantId });
      this.fields({ Id: answer.key.id, Algorithm: answer.key.algorithm, Secret: answer.secret });
      return answer;
    }
    const answer = await api.call(routes.adminKeys.create, { tenantId, name: flags.name ?? 'chatctl', scopes: flags.scope });
    this.fields({ Id: answer.key.id, Name: answer.key.name, Scopes: answer.key.scopes.join(','), Secret: answer.secret });
    return answer;
  }
}
