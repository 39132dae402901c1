import { Args } from '@oclif/core';
import { BaseCommand } from '../../base.command.js';
import { assertContextName, readContexts, writeContexts } from '../../contexts/contexts.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';

export default class ContextRm extends BaseCommand {
  static override summary = 'Remove a context';
  static override description = 'Forgets the server and its token here; the token itself stays valid until it is revoked in the dashboard.';
  static override examples = ['<%= config.bin %> context rm staging'];
  static override args = { name: Args.string({ required: true, description: 'Its name' }) };

  async run() {
    const { args } = await this.parse(ContextRm);
    const file = await readContexts(this.environment);
    const { [assertContextName(args.name)]: removed, ...contexts } = file.contexts;
    if (removed === undefined) throw new CommandError(`There is no context "${args.name}".`, EXIT.notFound);
    await writeContexts(this.environment, { current: file.current === args.name ? undefined : file.current, contexts });
    this.log(`Context ${args.name} is removed.`);
    return {};
  }
}
