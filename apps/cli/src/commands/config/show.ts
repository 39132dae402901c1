import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base.command.js';
import { dataDirFlag } from '../../flags.js';
import { askServerEntry } from '../../machine/server-entry.js';

export default class ConfigShow extends BaseCommand {
  static override summary = "Show the server's effective configuration";
  static override description = 'Each key with its value and where it comes from: default, file, env or flag. Secrets are masked.';
  static override examples = ['<%= config.bin %> config show', '<%= config.bin %> config show --changed'];
  static override flags = { 'data-dir': dataDirFlag, changed: Flags.boolean({ summary: 'Only what is not a default' }) };

  async run() {
    const { flags } = await this.parse(ConfigShow);
    const { values } = await askServerEntry('config-show', this.environment, { dataDir: flags['data-dir'] });
    const shown = flags.changed ? values.filter((entry) => entry.origin !== 'default') : values;
    this.table(shown, {
      KEY: (entry) => entry.key,
      ORIGIN: (entry) => entry.origin,
      VALUE: (entry) => (typeof entry.value === 'string' ? entry.value : JSON.stringify(entry.value)),
    });
    return { values: shown };
  }
}
