import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.ts';
import { isAlive, killTree, postmasterPid, signal, until, untilReady } from './processes.ts';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const MAIN = join(repository, 'apps/server/dist/main.js');
const OWN_NODE = join(repository, 'node_modules/.bin/node');
/** The Node that everything is run with: the repository's own where it is installed. */
export const NODE = existsSync(OWN_NODE) ? OWN_NODE : process.execPath;
const START_MS = 40_000;
const STOP_MS = 20_000;
const OUTPUT_KEPT = 20_000;

export const whyNoServer = (): string | undefined => (existsSync(MAIN) ? undefined : `${MAIN} is missing: npm run build`);

export interface ProcessOptions {
  /** Another entry than the server's own: a seeded bug. */
  readonly main?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the server is started by, as `prlimit --nofile=256`. */
  readonly wrapper?: readonly string[];
}

/** The real server on one data directory and port through many lives. */
export class ParleyProcess implements Target {
  readonly dataDirectory: string;
  readonly port: number;
  readonly pools = 1;
  /** How often it was started. */
  lives = 0;
  /** Everything it prints, as it comes. */
  onOutput: (text: string) => void = () => undefined;
  private readonly options: ProcessOptions;
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(dataDirectory: string, port: number, options: ProcessOptions) {
    this.dataDirectory = dataDirectory;
    this.port = port;
    this.options = options;
  }

  static async on(dataDirectory: string, options: ProcessOptions = {}): Promise<ParleyProcess> {
    return new ParleyProcess(dataDirectory, await freePort(), options);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get serverPorts(): readonly number[] {
    return [this.port];
  }

  get urls(): readonly string[] {
    return [this.url];
  }

  /** The local operator's token, as the first start leaves it behind for chatctl. */
  get operatorToken(): string {
    const text = readFileSync(join(this.dataDirectory, 'chatctl-context.json'), 'utf8');
    return (JSON.parse(text) as { readonly token: string }).token;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
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

  async start(more: ProcessOptions = {}): Promise<void> {
    this.output = '';
    this.lives += 1;
    const { main = MAIN, env = {}, wrapper = [] } = { ...this.options, ...more };
    const own = { PARLEY_PORT: String(this.port), PARLEY_DATA_DIR: this.dataDirectory };
    const [command = NODE, ...args] = [...wrapper, NODE, main, 'start'];
    const child = spawn(command, args, {
      cwd: this.dataDirectory,
      env: { ...withoutTestRunner(), ...own, ...this.options.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        this.output = (this.output + text).slice(-OUTPUT_KEPT);
        this.onOutput(text);
      });
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await until('Parley is ready', START_MS, () => this.output.includes('Parley is ready') || hasEnded());
    if (hasEnded()) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}:\n${this.output}`);
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
    if (postmaster !== undefined && isAlive(postmaster)) killTree(postmaster);
    await this.untilExit(STOP_MS);
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.child?.kill('SIGTERM');
    await this.untilExit(STOP_MS);
  }

  /** The signal or code its last life ended with. */
  get endedBy(): string | undefined {
    const code = this.child?.exitCode;
    return this.child?.signalCode ?? (typeof code === 'number' ? `code ${code}` : undefined);
  }

  untilExit(timeoutMs: number): Promise<void> {
    return until('the server has ended', timeoutMs, () => !this.isRunning);
  }
}

/** The environment without what vitest put there: the server is not under test by it. */
function withoutTestRunner(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST$|PARLEY_)/.test(name)));
}

/** Below those that kernels give to whoever asks for any: nobody takes one between the look and the server's start. */
const LOWEST_PORT = 20_000;
const PORTS = 12_000;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    const probe = createServer();
    const isFree = await new Promise<boolean>((done) => probe.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)));
    await new Promise((done) => probe.close(done));
    if (isFree) return port;
  }
}
