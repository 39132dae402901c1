import { BaseCommand } from '../../base.command.js';
import { dataDirFlag } from '../../flags.js';
import { askServerEntry } from '../../machine/server-entry.js';

export default class MigrateStatus extends BaseCommand {
  static override summary = 'Is the database schema up to date?';
  static override description = 'Which migration the database is at, and which are pending. Exit code 8 when some are.';
  static override examples = ['<%= config.bin %> migrate status', '<%= config.bin %> migrate status --json'];
  static override flags = { 'data-dir': dataDirFlag };

  async run() {
    const { flags } = await this.parse(MigrateStatus);
    const status = await askServerEntry('migrate-status', this.environment, { dataDir: flags['data-dir'] });
    this.fields({ Current: status.current ?? 'none', Latest: status.latest, Pending: status.pending.length });
    for (const name of status.pending) this.log(`  ${name}`);
    this.failCheck(!status.ok || status.pending.length > 0);
    return status;
  }
}
