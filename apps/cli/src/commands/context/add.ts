import { text } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base.command.js';
import { checkedUrl } from '../../contexts/connection.js';
import { assertContextName, readContexts, writeContexts } from '../../contexts/contexts.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';

export default class ContextAdd extends BaseCommand {
  static override summary = 'Add or change a context';
  static override description =
    'A server with an access token, kept in a file of mode 0600. The first one becomes the current one. With --token-stdin the token stays out of the shell history.';
  static override examples = [
    '<%= config.bin %> context add prod --url https://chat.example.com --token-stdin < token.txt',
    '<%= config.bin %> context add acme --url https://chat.example.com --token pat_… --tenant acme --use',
  ];
  static override args = { name: Args.string({ required: true, description: 'What to call it' }) };
  static override flags = {
    url: Flags.string({ required: true, summary: 'Where the server is' }),
    token: Flags.string({ summary: "An operator's access token (pat_…)", exactlyOne: ['token', 'token-stdin'] }),
    'token-stdin': Flags.boolean({ summary: 'Read the token from stdin' }),
    tenant: Flags.string({ char: 't', summary: 'The tenant of commands that name none' }),
    use: Flags.boolean({ summary: 'Make it the current one' }),
  };

  async run() {
    const { args, flags } = await this.parse(ContextAdd);
    const name = assertContextName(args.name);
    const url = checkedUrl(flags.url);
    const token = (flags.token ?? (await text(process.stdin))).trim();
    if (!/^[\x21-\x7e]+$/.test(token)) throw new CommandError('The token is empty or no token.', EXIT.usage);
    const file = await readContexts(this.environment);
    const context = { url, token, ...(flags.tenant !== undefined && { tenant: flags.tenant }) };
    const current = flags.use || file.current === undefined ? name : file.current;
    await writeContexts(this.environment, { current, contexts: { ...file.contexts, [name]: context } });
    this.log(`Context ${name} -> ${url}${current === name ? ' (current)' : ''}`);
    return { name, url, tenant: flags.tenant, current: current === name };
  }
}
