import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import type { Environment } from '../config/environment.js';
import { askServerEntry } from '../machine/server-entry.js';
import { pidFile, runningPid } from '../machine/server-process.js';
import { bytes } from '../output/format.js';
import { type Check, fail, ok, skip, warn } from './check.js';

const NODE_MAJOR = 24;
const DISK_FAIL = 500e6;
const DISK_WARN = 2e9;
/** A socket is a file, and so is each database connection: below this a busy server refuses connections. */
const FILES_WARN = 10_000;
const FILES_FAIL = 1_024;

/** What can be seen on this machine without asking the server. */
export function machineChecks(environment: Environment): Promise<Check[]> {
  return Promise.all([
    nodeVersion(process.versions.node),
    dataDir(environment),
    serverProcess(environment),
    configuration(environment),
    openFiles(environment),
    disk(environment),
  ]);
}

export function nodeVersion(version: string): Check {
  const major = Number(version.split('.')[0]);
  return major >= NODE_MAJOR
    ? ok('Node', version)
    : warn('Node', version, `Parley is tested on Node ${NODE_MAJOR}: npm install brings it, npx chatctl uses it.`);
}

async function dataDir({ dataDir: path }: Environment): Promise<Check> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok('Data directory', path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return skip('Data directory', `${path} does not exist: no server was started here`);
    return fail('Data directory', `${path} cannot be written`, `chown -R $(id -un) ${path}`);
  }
}

async function serverProcess({ dataDir: path }: Environment): Promise<Check> {
  const pid = await runningPid(path);
  if (pid !== undefined) return ok('Server process', `pid ${pid}`);
  const stale = await readFile(pidFile(path), 'utf8').catch(() => undefined);
  if (stale === undefined) return skip('Server process', 'none on this machine');
  return fail(
    'Server process',
    `${pidFile(path)} names ${stale.trim() || 'nothing'}, which does not run: it ended without cleaning up`,
    'chatctl server start --detach',
  );
}

async function configuration(environment: Environment): Promise<Check> {
  if (environment.serverMain === undefined) return skip('Configuration', 'no server is installed here');
  try {
    const { ok: isValid, problems } = await askServerEntry('config-validate', environment, { dataDir: environment.dataDir });
    if (isValid) return ok('Configuration', 'valid');
    return fail(
      'Configuration',
      problems.map((problem) => `${problem.key}: ${problem.reason}`).join('; '),
      'chatctl config validate, then correct parley.yaml or the environment.',
    );
  } catch (error) {
    return fail('Configuration', error instanceof Error ? error.message : String(error), 'npm run build, then chatctl config validate');
  }
}

/** The server's own limit where it runs, else what a server started from here would get. */
async function openFiles({ dataDir: path }: Environment): Promise<Check> {
  const pid = await runningPid(path);
  const limits = await readFile(`/proc/${pid ?? 'self'}/limits`, 'utf8').catch(() => '');
  return fileLimit(/^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? reportedLimit());
}

export function fileLimit(text: string | undefined): Check {
  const name = 'Open files';
  if (text === undefined) return skip(name, 'not known on this system');
  const limit = text === 'unlimited' ? Infinity : Number(text);
  const fix = 'ulimit -n 65536 before the start; LimitNOFILE=65536 in a systemd unit.';
  if (limit < FILES_FAIL) return fail(name, `at most ${text}`, fix);
  return limit < FILES_WARN ? warn(name, `at most ${text}`, fix) : ok(name, `at most ${text}`);
}

/** Where there is no /proc (macOS). Undefined on Windows. */
function reportedLimit(): string | undefined {
  Object.assign(process.report, { excludeNetwork: true }); // else it looks up the names of all open connections
  const report: unknown = process.report.getReport();
  const found = /"open_files":\{"soft":("unlimited"|\d+)/.exec(JSON.stringify(report));
  return found?.[1]?.replaceAll('"', '');
}

async function disk({ dataDir: path }: Environment): Promise<Check> {
  const stats = await statfs(path).catch(() => undefined);
  return stats === undefined ? skip('Disk', `${path} does not exist`) : freeDisk(stats.bavail * stats.bsize, path);
}

export function freeDisk(free: number, path: string): Check {
  const detail = `${bytes(free)} free for ${path}`;
  const fix = 'Free some space or move PARLEY_DATA_DIR: a full disk stops the database.';
  if (free < DISK_FAIL) return fail('Disk', detail, fix);
  return free < DISK_WARN ? warn('Disk', detail, fix) : ok('Disk', detail);
}
