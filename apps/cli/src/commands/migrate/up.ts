import { BaseCommand } from '../../base.command.js';
import { dataDirFlag, dryRunFlag } from '../../flags.js';
import { askServerEntry } from '../../machine/server-entry.js';

export default class MigrateUp extends BaseCommand {
  static override summary = 'Apply pending migrations';
  static override description =
    'Safe to repeat and to run twice at once (a lock), while an older server serves: migrations expand first and contract a version later.';
  static override examples = ['<%= config.bin %> migrate up', '<%= config.bin %> migrate up --dry-run'];
  static override flags = { 'data-dir': dataDirFlag, 'dry-run': dryRunFlag };

  async run() {
    const { flags } = await this.parse(MigrateUp);
    const asked = { dataDir: flags['data-dir'] };
    if (flags['dry-run']) {
      const { pending } = await askServerEntry('migrate-status', this.environment, asked);
      this.log(pending.length === 0 ? 'Nothing to apply.' : `Would apply:\n  ${pending.join('\n  ')}`);
      return { dryRun: true, pending };
    }
    const done = await askServerEntry('migrate-up', this.environment, asked);
    this.log(done.applied.length === 0 ? 'Nothing to apply.' : `Applied:\n  ${done.applied.join('\n  ')}`);
    return done;
  }
}
