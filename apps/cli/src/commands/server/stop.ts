import { resolve } from 'node:path';
import { BaseCommand } from '../../base.command.js';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { dataDirFlag } from '../../flags.js';
import { isAlive, pidFile, runningPid, until } from '../../machine/server-process.js';

const STOP_TIMEOUT_MS = 15_000;

export default class ServerStop extends BaseCommand {
  static override summary = 'Stop the server on this machine';
  static override description =
    'Lets it drain: it closes its sockets, ends its database and leaves. Exit code 7 when it is still there after 15 seconds.';
  static override examples = ['<%= config.bin %> server stop', '<%= config.bin %> server stop --data-dir /var/lib/parley'];
  static override flags = { 'data-dir': dataDirFlag };

  async run() {
    const { flags } = await this.parse(ServerStop);
    const dataDir = resolve(flags['data-dir'] ?? this.environment.dataDir);
    const pid = await runningPid(dataDir);
    if (pid === undefined) {
      this.log('No server is running.');
      return { stopped: false, pid: null, dataDir };
    }
    process.kill(pid, 'SIGTERM');
    if (!(await until(async () => !(await isAlive(pid)), STOP_TIMEOUT_MS))) {
      throw new CommandError(
        `The server (pid ${pid}, ${pidFile(dataDir)}) has not ended after ${STOP_TIMEOUT_MS / 1000} s.`,
        EXIT.unavailable,
        `Wait longer, or end it at once: kill -KILL ${pid}`,
      );
    }
    this.log(`The server (pid ${pid}) has ended.`);
    return { stopped: true, pid, dataDir };
  }
}
