import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Proxy } from '../faults/proxy.ts';
import type { Random } from '../random.ts';
import { startStickyProxy, type StickyProxy } from '../../../tools/sticky-proxy.mjs';
import { ParleyProcess, type ProcessOptions } from './parley-process.ts';
import { PostgresCluster } from './postgres-cluster.ts';
import { isAlive, livePostmasters, until } from './processes.ts';
import { RedisProcess } from './redis-process.ts';
import type { Target } from './target.ts';

const SUPERVISED_MS = 200;
const SETTINGS = ['fsync = on', 'full_page_writes = on', 'synchronous_commit = on', 'max_connections = 200'];

/** A server of the cluster, and its own lines to what all stand on: each can be cut for it alone. */
export interface ClusterNode {
  readonly name: string;
  readonly role: 'api' | 'worker';
  readonly process: ParleyProcess;
  readonly toRedis: Proxy;
  readonly toPostgres: Proxy;
}

/** Two api nodes, a worker, Redis, PostgreSQL that somebody starts again when it dies, and a load balancer with sticky sessions. */
export class ParleyCluster implements Target {
  readonly dataDirectory: string;
  readonly redis: RedisProcess;
  readonly nodes: readonly ClusterNode[];
  private readonly postgres: PostgresCluster;
  private readonly balancer: StickyProxy;
  private readonly supervisor: NodeJS.Timeout;

  private constructor(parts: {
    readonly dataDirectory: string;
    readonly redis: RedisProcess;
    readonly nodes: readonly ClusterNode[];
    readonly postgres: PostgresCluster;
    readonly balancer: StickyProxy;
  }) {
    this.dataDirectory = parts.dataDirectory;
    this.redis = parts.redis;
    this.nodes = parts.nodes;
    this.postgres = parts.postgres;
    this.balancer = parts.balancer;
    this.supervisor = setInterval(() => this.supervise(), SUPERVISED_MS);
  }

  static async in(dataDirectory: string, random: Random, options: ProcessOptions = {}): Promise<ParleyCluster> {
    const folder = (name: string): string => {
      const path = join(dataDirectory, name);
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
      return path;
    };
    const postgres = await PostgresCluster.init(join(dataDirectory, 'postgres'), SETTINGS);
    postgres.start();
    const redis = await RedisProcess.in(folder('redis'));
    const secret = randomBytes(32).toString('hex');
    const nodes: ClusterNode[] = [];
    for (const [name, role] of [
      ['api-1', 'api'],
      ['api-2', 'api'],
      ['worker-1', 'worker'],
    ] as const) {
      const toRedis = await Proxy.to(redis.port, random.fork(`${name} redis`));
      const toPostgres = await Proxy.to(postgres.port, random.fork(`${name} postgres`));
      const env = {
        PARLEY_PROFILE: 'cluster',
        PARLEY_HOST: '127.0.0.1',
        PARLEY_ROLE: role,
        PARLEY_POSTGRES_URL: postgres.urlBehind(toPostgres.port),
        PARLEY_REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
        PARLEY_SECRET_KEY: secret,
        PARLEY_MIGRATE_AT_START: 'true',
        PARLEY_TRUSTED_PROXIES: '127.0.0.1',
        ...options.env,
      };
      nodes.push({ name, role, process: await ParleyProcess.on(folder(name), { ...options, env }), toRedis, toPostgres });
    }
    const apis = nodes.filter(({ role }) => role === 'api').map(({ process: { port } }) => ({ host: '127.0.0.1', port }));
    return new ParleyCluster({ dataDirectory, redis, nodes, postgres, balancer: await startStickyProxy(apis) });
  }

  get apis(): readonly ClusterNode[] {
    return this.nodes.filter(({ role }) => role === 'api');
  }

  private get first(): ParleyProcess {
    const [node] = this.nodes;
    if (!node) throw new Error('a cluster without nodes');
    return node.process;
  }

  get port(): number {
    return this.balancer.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pools(): number {
    return this.nodes.length;
  }

  get urls(): readonly string[] {
    return this.apis.map(({ process: { url } }) => url);
  }

  get serverPorts(): readonly number[] {
    return this.apis.map(({ process: { port } }) => port);
  }

  get operatorToken(): string {
    return this.first.operatorToken;
  }

  get postmaster(): number {
    const { postmaster } = this.postgres;
    if (postmaster === undefined) throw new Error('no postmaster.pid');
    return postmaster;
  }

  get pid(): number {
    return this.first.pid;
  }

  get isRunning(): boolean {
    return this.nodes.every(({ process: { isRunning } }) => isRunning);
  }

  get lives(): number {
    return this.first.lives;
  }

  get endedBy(): string | undefined {
    return this.first.endedBy;
  }

  get lastOutput(): string {
    return this.nodes.map(({ name, process: { lastOutput } }) => `${name}: ${lastOutput}`).join('\n');
  }

  set onOutput(listen: (text: string) => void) {
    for (const { process: node } of this.nodes) node.onOutput = listen;
  }

  /** Those that do not run. */
  async start(): Promise<void> {
    for (const { process: node } of this.nodes) if (!node.isRunning) await node.start();
  }

  async stop(): Promise<void> {
    for (const { process: node } of [...this.nodes].reverse()) await node.stop();
    await this.end();
  }

  async kill(): Promise<void> {
    for (const { process: node } of this.nodes) await node.kill();
  }

  async killAll(): Promise<void> {
    await this.kill();
    await this.end();
  }

  untilExit(timeoutMs: number): Promise<void> {
    return until('all servers have ended', timeoutMs, () => this.nodes.every(({ process: { isRunning } }) => !isRunning));
  }

  /** What an operator's machine does: PostgreSQL that is gone is started again. */
  private supervise(): void {
    const { postmaster } = this.postgres;
    if (postmaster !== undefined && isAlive(postmaster)) return;
    if (livePostmasters(this.dataDirectory).length > 0) return;
    try {
      this.postgres.start();
    } catch {
      // Its last processes may still be going; the next look tries again.
    }
  }

  private async end(): Promise<void> {
    clearInterval(this.supervisor);
    await this.balancer.close();
    for (const { toRedis, toPostgres } of this.nodes) for (const line of [toRedis, toPostgres]) await line.close();
    await this.redis.kill();
    this.postgres.kill();
  }
}
