import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.js';

/** Why tests with a real Redis cannot run on this machine. */
export const whyNoRedis = (): string | undefined =>
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'there is no redis-server (apt install redis-server)';

/** A real Redis of the test's own, which keeps nothing. */
export class RedisServer {
  private process?: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-redis-'));

  private constructor(
    readonly port: number,
    private readonly flags: readonly string[],
    private readonly configuration: string | undefined,
  ) {}

  static async start(flags: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), flags, undefined);
    await server.restart();
    return server;
  }

  /** Watches a server under a name, and alone decides when it is gone. */
  static async startSentinel(name: string, master: RedisServer): Promise<RedisServer> {
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 2000`,
    ];
    const server = new RedisServer(await freePort(), ['--sentinel'], lines.join('\n'));
    await server.restart();
    return server;
  }

  /** Three masters that share the slots. */
  static async startCluster(): Promise<readonly RedisServer[]> {
    const servers: RedisServer[] = [];
    for (let index = 0; index < 3; index += 1)
      servers.push(await RedisServer.start(['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000']));
    const [first] = servers;
    const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
    spawnSync('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes'], { encoding: 'utf8' });
    await until('the cluster is whole', () => first?.command('cluster', 'info').includes('cluster_state:ok'), 20_000);
    return servers;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    const { port, folder, flags, configuration } = this;
    const file = join(folder, 'redis.conf');
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\n${configuration ?? 'save ""\nappendonly no'}\n`);
    const child = spawn('redis-server', [file, ...flags], { stdio: 'ignore' });
    this.process = child;
    await until('Redis answers', () => this.command('ping').startsWith('PONG'), 10_000);
  }

  pause(): void {
    this.process?.kill('SIGSTOP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { process: child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  /** What `redis-cli` prints. */
  command(...words: readonly string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.port), ...words], { encoding: 'utf8' }).stdout;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
