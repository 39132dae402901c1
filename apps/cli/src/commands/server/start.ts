import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base.command.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { dataDirFlag } from '../../flags.js';
import { runningPid } from '../../machine/server-process.js';
import { startDetached, startInForeground } from '../../machine/start.js';

export default class ServerStart extends BaseCommand {
  static override summary = 'Start the server on this machine';
  static override description =
    'In the foreground until it is told to stop, or with --detach in the background: then the log goes to <data dir>/server.log and the command ends once the server is ready.';
  static override examples = [
    '<%= config.bin %> server start',
    '<%= config.bin %> server start --detach',
    '<%= config.bin %> server start --port 4000 --data-dir /var/lib/parley',
  ];
  static override flags = {
    detach: Flags.boolean({ char: 'd', summary: 'In the background' }),
    port: Flags.integer({ min: 1, max: 65_535, summary: 'Where it listens; default PARLEY_PORT or 3000' }),
    'data-dir': dataDirFlag,
  };

  async run() {
    const { flags } = await this.parse(ServerStart);
    const environment = this.environment;
    const asked = { dataDir: resolve(flags['data-dir'] ?? environment.dataDir), port: flags.port };
    if (this.jsonEnabled() && !flags.detach)
      throw new CommandError("In the foreground the output is the server's own.", EXIT.usage, 'Use --json with --detach.');
    const pid = await runningPid(asked.dataDir);
    if (pid !== undefined)
      throw new CommandError(`A server (pid ${pid}) serves ${asked.dataDir} already.`, EXIT.conflict, `${this.config.bin} server stop`);
    if (!flags.detach) {
      process.exitCode = await startInForeground(environment, asked);
      return undefined;
    }
    const started = await startDetached(environment, asked);
    this.log(`Parley is ready at ${started.url} (pid ${started.pid}, log ${started.logFile})`);
    return started;
  }
}
