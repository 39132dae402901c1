import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, killTree, postmasterPid, signal, until, untilReady } from './faults.js';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');
const MAIN = join(repository, 'apps/server/dist/main.js');
const NODE = join(repository, 'node_modules/.bin/node');
const START_MS = 40_000;
const STOP_MS = 20_000;
const OUTPUT_KEPT = 20_000;

export const whyNoServer = (): string | undefined => (existsSync(MAIN) ? undefined : `${MAIN} is missing: npm run build`);

/** The real server, embedded profile, on one data directory and port through many lives. */
export class ParleyProcess {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly dataDirectory: string,
    private readonly port: number,
  ) {}

  static async on(dataDirectory: string): Promise<ParleyProcess> {
    return new ParleyProcess(dataDirectory, await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get apiKey(): string {
    const text = readFileSync(join(this.dataDirectory, 'first-run.json'), 'utf8');
    return (JSON.parse(text) as { readonly tenant: { readonly apiKey: string } }).tenant.apiKey;
  }

  get isRunning(): boolean {
    return this.child?.pid !== undefined && isAlive(this.child.pid);
  }

  /** What it printed lately, for the explanation of a failure. */
  get lastOutput(): string {
    return this.output;
  }

  get postmaster(): number {
    const pid = postmasterPid(this.dataDirectory);
    if (pid === undefined) throw new Error('no postmaster.pid');
    return pid;
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.output = '';
    const own = { PARLEY_PORT: String(this.port), PARLEY_DATA_DIR: this.dataDirectory };
    const node = existsSync(NODE) ? NODE : process.execPath;
    const child = spawn(node, [MAIN, 'start'], {
      cwd: this.dataDirectory,
      env: { ...withoutTestRunner(), ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-OUTPUT_KEPT)));
    await until('Parley is ready', START_MS, () => {
      if (this.output.includes('Parley is ready')) return true;
      if (child.exitCode === null && child.signalCode === null) return false;
      throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}:\n${this.output}`);
    });
    await untilReady(this.url, START_MS);
  }

  /** kill -9 of the server alone: PostgreSQL is orphaned. */
  async kill(): Promise<void> {
    if (this.child?.pid !== undefined) signal([this.child.pid], 'SIGKILL');
    await this.untilExit(STOP_MS);
  }

  /** kill -9 of the server and everything it started, at once. */
  async killAll(): Promise<void> {
    const postmaster = postmasterPid(this.dataDirectory);
    if (this.child?.pid !== undefined) killTree(this.child.pid);
    if (postmaster !== undefined) killTree(postmaster);
    await this.untilExit(STOP_MS);
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.child?.kill('SIGTERM');
    await this.untilExit(STOP_MS);
  }

  untilExit(timeoutMs: number): Promise<void> {
    return until('the server has ended', timeoutMs, () => !this.isRunning);
  }
}

/** The environment without what vitest put there: the server is not under test by it. */
function withoutTestRunner(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST$|PARLEY_)/.test(name)));
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
