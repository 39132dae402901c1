import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '../..');
const MAIN = join(REPOSITORY, 'apps/server/dist/main.js');
const SHIPPED_NODE = join(REPOSITORY, 'node_modules/.bin/node');
export const NODE = existsSync(SHIPPED_NODE) ? SHIPPED_NODE : process.execPath;
const START_MS = 60_000;
const STOP_MS = 20_000;
const OUTPUT_KEPT = 20_000;

/** `first-run.json`, as CONTRACT.md promises it. */
export interface FirstRun {
  readonly url: string;
  readonly dashboardUrl: string;
  readonly operator: { readonly email: string; readonly password: string };
  readonly tenant: { readonly id: string; readonly apiKey: string; readonly signingKeyId: string; readonly signingSecret: string };
}

/** The real server, embedded, on a data directory and a port of its own, through several lives. */
export class ParleyServer {
  private readonly folder: string;
  private readonly port: number;
  private child: ChildProcess | undefined;
  private output = '';
  private readonly dropAtExit = (): void => {
    this.child?.kill('SIGKILL');
    killQuietly(this.postmaster(), 'SIGQUIT');
  };

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ParleyServer> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`);
    const folder = mkdtempSync(join(tmpdir(), 'parley-e2e-'));
    // PostgreSQL refuses to run as root: it is another user who must get in here.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'data'), { mode: 0o755 });
    const server = new ParleyServer(folder, await freePort());
    process.once('exit', server.dropAtExit);
    await server.startAgain(env).catch(async (error: unknown) => {
      await server.dispose();
      throw error;
    });
    return server;
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get firstRun(): FirstRun {
    return JSON.parse(readFileSync(join(this.dataDir, 'first-run.json'), 'utf8')) as FirstRun;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** On the same data and port as before. */
  async startAgain(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.output = '';
    const own = { PARLEY_PORT: String(this.port), PARLEY_DATA_DIR: this.dataDir };
    this.child = spawn(NODE, [MAIN, 'start'], {
      cwd: this.folder,
      env: { ...cleanEnvironment(), ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-OUTPUT_KEPT)));
    await until(
      'Parley is ready',
      () => {
        if (this.output.includes('Parley is ready')) return true;
        if (!this.isRunning) throw new Error(`the server ended:\n${this.output}`);
        return false;
      },
      START_MS,
    );
    await until('/readyz says 200', async () => (await fetch(`${this.url}/readyz`)).status === 200, START_MS);
  }

  /** kill -9: no goodbye, PostgreSQL is orphaned. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.ended();
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
    await this.ended();
  }

  /** Ends everything and takes the data away, whatever went wrong before. */
  async dispose(): Promise<void> {
    process.removeListener('exit', this.dropAtExit);
    if (this.isRunning) await this.stop().catch(() => this.kill());
    killQuietly(this.postmaster(), 'SIGQUIT');
    await until('PostgreSQL has ended', () => this.postmaster() === undefined, STOP_MS);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private ended(): Promise<boolean> {
    return until('the server has ended', () => !this.isRunning, STOP_MS);
  }

  /** The PostgreSQL that works in our data directory, and no other process that got its number since. */
  private postmaster(): number | undefined {
    const cluster = join(this.dataDir, 'postgres');
    try {
      const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
      return readlinkSync(`/proc/${pid}/cwd`) === cluster ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Without what the test runner put there, and without the caller's own Parley. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST$|PARLEY_)/.test(name)));
}

function killQuietly(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between.
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
