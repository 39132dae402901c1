import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, freePort, NODE, REPOSITORY, type FirstRun } from './server.ts';
import { until } from './until.ts';

const START_MS = 90_000;
const STOP_MS = 30_000;

export const whyNoRedis = (): string | undefined =>
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'there is no redis-server (apt install redis-server)';

/** What `npm run cluster` starts: two api nodes, a worker, Redis, PostgreSQL and a proxy with sticky sessions. */
export class Cluster {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
    chmodSync(folder, 0o755);
    const port = await freePort();
    const child = spawn(NODE, [join(REPOSITORY, 'tools/cluster-nodes.mjs')], {
      cwd: REPOSITORY,
      env: { ...cleanEnvironment(), PARLEY_PORT: String(port), PARLEY_DATA_DIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const cluster = new Cluster(child, folder, `http://127.0.0.1:${port}`);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (cluster.output += chunk.toString()));
    await until(
      'the cluster is ready',
      () => {
        if (child.exitCode !== null) throw new Error(`the cluster ended:\n${cluster.output}`);
        return cluster.output.includes('Parley is ready');
      },
      START_MS,
    );
    return cluster;
  }

  get firstRun(): FirstRun {
    return JSON.parse(readFileSync(join(this.folder, 'api-1/first-run.json'), 'utf8')) as FirstRun;
  }

  get operatorToken(): string {
    return (JSON.parse(readFileSync(join(this.folder, 'api-1/chatctl-context.json'), 'utf8')) as { token: string }).token;
  }

  /** The addresses of its processes, by name. */
  nodeUrl(name: string): string {
    const [, port] = new RegExp(`${name} :(\\d+)`).exec(this.output) ?? [];
    return `http://127.0.0.1:${port}`;
  }

  dispose(): Promise<string> {
    return this.stop();
  }

  async stop(): Promise<string> {
    this.child.kill('SIGTERM');
    await until('the cluster has ended', () => this.child.exitCode !== null || this.child.signalCode !== null, STOP_MS);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    return this.output;
  }
}
