import { resolve } from 'node:path';
import { ApiCommand } from '../api.command.js';
import type { Check, Status } from '../doctor/check.js';
import { machineChecks } from '../doctor/machine.checks.js';
import { serverChecks } from '../doctor/server.checks.js';
import { dataDirFlag } from '../flags.js';
import { marked } from '../output/mark.js';
import { pad, printable, widthOf } from '../output/text.js';

export default class Doctor extends ApiCommand {
  static override summary = 'Look for what is wrong, with the fix';
  static override description =
    'Checks this machine (Node, data directory, process, configuration, limits, disk) and the server (reachable, ready, version, clock, access token). Exit code 8 when a check failed; warnings alone do not fail.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --context prod --json'];
  static override flags = { 'data-dir': dataDirFlag };

  async run() {
    const { flags } = await this.parse(Doctor);
    const environment = { ...this.environment, ...(flags['data-dir'] !== undefined && { dataDir: resolve(flags['data-dir']) }) };
    const [machine, server] = await Promise.all([machineChecks(environment), serverChecks(flags, environment, this.config.version)]);
    const checks = [...machine, ...server];
    this.show(checks);
    const count = (status: Status): number => checks.filter((check) => check.status === status).length;
    this.log(`\n${count('fail')} failed, ${count('warn')} warnings, ${count('ok')} fine, ${count('skip')} skipped`);
    this.failCheck(count('fail') > 0);
    return { ok: count('fail') === 0, checks };
  }

  private show(checks: readonly Check[]): void {
    const width = Math.max(...checks.map((check) => widthOf(check.name)));
    for (const check of checks) {
      this.log(`${marked(check.status)} ${pad(check.name, width)}  ${printable(check.detail)}`);
      if (check.fix !== undefined) this.log(`  ${pad('', width)}  Fix: ${printable(check.fix)}`);
    }
  }
}
