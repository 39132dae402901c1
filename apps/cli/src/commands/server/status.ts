import { resolve } from 'node:path';
import { BaseCommand } from '../../base.command.js';
import { EXIT } from '../../exit-codes.js';
import { dataDirFlag } from '../../flags.js';
import { localUrl } from '../../machine/local-url.js';
import { probeReadiness, probeVersion } from '../../machine/probe.js';
import { runningPid } from '../../machine/server-process.js';
import { versionSkew } from '../../machine/version-skew.js';

export default class ServerStatus extends BaseCommand {
  static override summary = 'Is the server on this machine running and ready?';
  static override description =
    'Its process, what /readyz and /version say, and whether chatctl fits it. Exit code 7 when it does not run or is not ready.';
  static override examples = ['<%= config.bin %> server status', '<%= config.bin %> server status --json'];
  static override flags = { 'data-dir': dataDirFlag };

  async run() {
    const { flags } = await this.parse(ServerStatus);
    const dataDir = resolve(flags['data-dir'] ?? this.environment.dataDir);
    const url = await localUrl(this.environment, { dataDir });
    const [pid, readiness, version] = await Promise.all([runningPid(dataDir), probeReadiness(url), probeVersion(url)]);
    const skew = version.body && versionSkew(this.config.version, version.body.version);
    const ready = readiness.body?.ready === true;
    this.fields({
      Process: pid === undefined ? 'none' : `pid ${pid}`,
      'Data dir': dataDir,
      URL: url,
      Ready: ready ? 'yes' : `no: ${readiness.reason ?? 'see the checks'}`,
      Version: skew && (skew.level === 'none' ? version.body?.version : `${skew.detail} (${skew.level} versions differ)`),
      Node: version.body?.nodeVersion,
      Profile: version.body?.profile,
      Schema: version.body?.schemaVersion,
    });
    if (readiness.body) {
      this.log();
      this.table(readiness.body.checks, { CHECK: (check) => check.name, OK: (check) => check.ok, DETAIL: (check) => check.detail });
    }
    if (pid === undefined || !ready) process.exitCode = EXIT.unavailable;
    return {
      running: pid !== undefined,
      pid: pid ?? null,
      dataDir,
      url,
      ready,
      checks: readiness.body?.checks ?? [],
      reason: readiness.reason,
      version: version.body ?? null,
      skew,
    };
  }
}
