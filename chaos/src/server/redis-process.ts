import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { freePort } from './parley-process.ts';
import { isAlive, signal, until } from './processes.ts';

const START_MS = 10_000;

export const whyNoRedis = (): string | undefined =>
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'needs redis-server (apt install redis-server)';

/** A Redis of the harness's own, which keeps nothing: it comes back empty. */
export class RedisProcess {
  readonly port: number;
  private readonly directory: string;
  private child: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.directory = directory;
  }

  static async in(directory: string): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(), directory);
    await redis.start();
    return redis;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.directory];
    this.child = spawn('redis-server', settings, { stdio: 'ignore' });
    await until('Redis answers', START_MS, () => this.command('ping').startsWith('PONG'));
  }

  async kill(): Promise<void> {
    const { pid } = this;
    if (pid === 0) return;
    signal([pid], 'SIGCONT');
    signal([pid], 'SIGKILL');
    await until('Redis has ended', START_MS, () => !isAlive(pid));
  }

  /** What `redis-cli` prints. */
  command(...words: readonly string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.port), ...words], { encoding: 'utf8', timeout: START_MS }).stdout;
  }
}
