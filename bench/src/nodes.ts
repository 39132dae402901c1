import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Guest } from './load/crowd.ts';
import { seatInParley, untilReady, type Place } from './parley.ts';
import { freePort, startPostgres } from './postgres.ts';
import { descendants } from './proc.ts';
import { lineOf, LOAD_CORE, SERVER_CORE, start, stop } from './processes.ts';
import { PARLEY, READY_MS, SHIPPED_FLAGS, unlimited, type Running } from './targets.ts';

/** Two api nodes, each on a core of its own: the first with Redis and PostgreSQL, the second with the load. */
export interface RunningNodes extends Running {
  readonly ports: readonly [number, number];
}

export const whyNoRedis = (): string | undefined =>
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

export async function startNodes(directory: string): Promise<RunningNodes> {
  const from = performance.now();
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const postgres = await startPostgres(directory);
    stops.push(() => postgres.stop());
    const redisPort = await freePort();
    const redis = start(SERVER_CORE, 'redis-server', ['--port', String(redisPort), '--save', '', '--dir', directory], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    stops.push(() => stop(redis, 'SIGTERM'));
    await lineOf(redis, 'Ready to accept connections', READY_MS);
    const shared = {
      ...unlimited,
      PARLEY_PROFILE: 'cluster',
      PARLEY_ROLE: 'api',
      PARLEY_HOST: '127.0.0.1',
      PARLEY_POSTGRES_URL: postgres.url,
      PARLEY_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      PARLEY_SECRET_KEY: randomBytes(32).toString('hex'),
      PARLEY_MIGRATE_AT_START: 'true',
      PARLEY_SAMPLE_TENANT: 'true',
    };
    const nodes: { readonly child: ChildProcess; readonly port: number }[] = [];
    for (const [name, core] of [
      ['api-1', SERVER_CORE],
      ['api-2', LOAD_CORE],
    ] as const) {
      const node = await startNode(core, join(directory, name), shared);
      nodes.push(node);
      stops.push(() => stop(node.child, 'SIGTERM'));
    }
    const [first, second] = nodes;
    if (!first || !second) throw new Error('no nodes');
    return {
      port: first.port,
      ports: [first.port, second.port],
      readyMs: performance.now() - from,
      child: first.child,
      seat: (places: readonly Place[]) => seatInParley(first.port, join(directory, 'api-1'), places),
      pids: () => ({ server: [...nodes.map(({ child }) => child), redis].flatMap(treeOf), postgres: postgres.pids() }),
      stop: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startNode(
  core: number,
  data: string,
  env: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; port: number }> {
  mkdirSync(data, { mode: 0o755 });
  const port = await freePort();
  const child = start(core, process.execPath, [...SHIPPED_FLAGS, PARLEY, 'start'], {
    cwd: data,
    env: { ...process.env, ...env, PARLEY_PORT: String(port), PARLEY_DATA_DIR: data },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await Promise.all([lineOf(child, 'Parley is ready', READY_MS), untilReady(port, READY_MS)]);
  return { child, port };
}

const treeOf = ({ pid }: ChildProcess): readonly number[] => (pid === undefined ? [] : [pid, ...descendants(pid)]);

/** Every other guest on the second node; or all on the first. */
export const spread = (
  guests: readonly Guest[],
  ports: readonly [number, number],
  areApart: (index: number) => boolean,
): readonly Guest[] => guests.map((guest, index) => ({ ...guest, port: areApart(index) ? ports[1] : ports[0] }));
