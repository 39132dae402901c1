import { Args } from '@oclif/core';
import { BaseCommand } from '../../base.command.js';
import { chosenContext } from '../../contexts/connection.js';
import { readContexts, writeContexts } from '../../contexts/contexts.js';

export default class ContextUse extends BaseCommand {
  static override summary = 'Choose the current context';
  static override description = 'The server that commands talk to unless told otherwise; "local" is the one of this machine.';
  static override examples = ['<%= config.bin %> context use prod', '<%= config.bin %> context use local'];
  static override args = { name: Args.string({ required: true, description: 'Its name' }) };

  async run() {
    const { args } = await this.parse(ContextUse);
    const environment = this.environment;
    const chosen = await chosenContext(args.name, environment);
    await writeContexts(environment, { ...(await readContexts(environment)), current: args.name });
    this.log(`Current context: ${args.name} -> ${chosen?.url}`);
    return { current: args.name };
  }
}
