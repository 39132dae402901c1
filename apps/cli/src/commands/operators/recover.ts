import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base.command.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { dataDirFlag } from '../../flags.js';
import { askServerEntry } from '../../machine/server-entry.js';

export default class OperatorsRecover extends BaseCommand {
  static override summary = 'Let a locked-out operator in again';
  static override description =
    "Sets a one-time password, which must be changed at the next sign-in. Works on the server's own machine, with access to its database, and needs no credential.";
  static override examples = ['<%= config.bin %> operators recover --local --email owner@example.com'];
  static override flags = {
    local: Flags.boolean({ summary: 'Confirms that this is the machine of the server' }),
    email: Flags.string({ required: true, summary: 'Whose' }),
    'data-dir': dataDirFlag,
  };

  async run() {
    const { flags } = await this.parse(OperatorsRecover);
    if (!flags.local) throw new CommandError('This works on the machine of the server only.', EXIT.usage, 'Pass --local there.');
    const answer = await askServerEntry('recover-operator', this.environment, {
      dataDir: flags['data-dir'],
      args: ['--email', flags.email],
    });
    this.fields({ Email: answer.email, Password: answer.password });
    this.hint('It holds for one sign-in: then a new one is asked for.');
    return answer;
  }
}
