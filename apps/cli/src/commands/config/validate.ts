import { BaseCommand } from '../../base.command.js';
import { dataDirFlag } from '../../flags.js';
import { askServerEntry } from '../../machine/server-entry.js';

export default class ConfigValidate extends BaseCommand {
  static override summary = "Check the server's configuration";
  static override description = 'All problems at once, by key and reason, never by value. Exit code 8 when there are any.';
  static override examples = ['<%= config.bin %> config validate', 'PARLEY_PROFILE=cluster <%= config.bin %> config validate --json'];
  static override flags = { 'data-dir': dataDirFlag };

  async run() {
    const { flags } = await this.parse(ConfigValidate);
    const verdict = await askServerEntry('config-validate', this.environment, { dataDir: flags['data-dir'] });
    if (verdict.ok) this.log('The configuration is valid.');
    else this.table(verdict.problems, { KEY: (problem) => problem.key, REASON: (problem) => problem.reason });
    this.failCheck(!verdict.ok);
    return verdict;
  }
}
