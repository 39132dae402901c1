import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guest } from './load/crowd.ts';
import { seatInParley, untilReady, type Place } from './parley.ts';
import { freePort, startPostgres, type Postgres } from './postgres.ts';
import { descendants, statOf } from './proc.ts';
import { lineOf, SERVER_CORE, start, stop } from './processes.ts';

export const TARGETS = ['parley', 'bare', 'naive'] as const;
export type TargetName = (typeof TARGETS)[number];

/** A server under test. */
export interface Running {
  readonly port: number;
  /** From spawn until `/readyz` answered 200, milliseconds. */
  readonly readyMs: number;
  readonly child: ChildProcess;
  /** A guest per place, with everybody in their rooms. */
  seat(places: readonly Place[]): Promise<readonly Guest[]>;
  pids(): { readonly server: readonly number[]; readonly postgres: readonly number[] };
  stop(): Promise<void>;
}

const here = dirname(fileURLToPath(import.meta.url));
export const repository = join(here, '../..');
/** Not kept in git. */
export const RESULTS = join(repository, 'bench/results');
export const PARLEY = join(repository, 'apps/server/dist/main.js');
/** As `npm start` starts it. */
export const SHIPPED_FLAGS = (
  JSON.parse(readFileSync(join(repository, 'apps/server/package.json'), 'utf8')) as { readonly config: { readonly nodeFlags: string } }
).config.nodeFlags.split(' ');
export const READY_MS = 60_000;

/** Nobody but the machine limits a load. */
export const unlimited = {
  PARLEY_RATE_SENDS_PER_SECOND: '100000',
  PARLEY_RATE_SEND_BURST: '100000',
  PARLEY_RATE_COMMANDS_PER_SECOND: '100000',
  PARLEY_HANDSHAKES_PER_ADDRESS: '1000000',
  PARLEY_CONNECTIONS_PER_ADDRESS: '1000000',
} as const;

/** On a new or a used data directory. `nodeFlags` are for the server's node, whichever server it is. */
export function startTarget(name: TargetName, directory: string, nodeFlags: readonly string[] = []): Promise<Running> {
  if (name === 'parley') return startParley(directory, nodeFlags);
  return startReference(directory, nodeFlags, name === 'naive');
}

export function whyUnavailable(name: TargetName): string | undefined {
  return name === 'parley' && !existsSync(PARLEY) ? `${PARLEY} is missing: npm run build` : undefined;
}

async function startReference(directory: string, nodeFlags: readonly string[], isNaive: boolean): Promise<Running> {
  const from = performance.now();
  const postgres: Postgres | undefined = isNaive ? await startPostgres(directory) : undefined;
  try {
    const port = await freePort();
    const args = [...nodeFlags, join(here, 'reference-server.ts'), String(port), ...(postgres ? [postgres.url] : [])];
    const child = start(SERVER_CORE, process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await Promise.all([lineOf(child, 'reference is ready', READY_MS), untilReady(port, READY_MS)]);
    return {
      port,
      readyMs: performance.now() - from,
      child,
      seat: async (places) => places.map(({ userId, rooms }) => ({ token: `${userId}/${rooms.join('+')}`, rooms })),
      pids: () => ({ server: [child.pid ?? 0], postgres: postgres?.pids() ?? [] }),
      stop: async () => {
        await stop(child, 'SIGTERM');
        await postgres?.stop();
      },
    };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}

async function startParley(directory: string, nodeFlags: readonly string[]): Promise<Running> {
  const port = await freePort();
  const from = performance.now();
  const env = {
    ...process.env,
    PARLEY_PORT: String(port),
    PARLEY_DATA_DIR: directory,
    ...unlimited,
  };
  const args = [...nodeFlags, ...SHIPPED_FLAGS, PARLEY, 'start'];
  const child = start(SERVER_CORE, process.execPath, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const printed = lineOf(child, 'Parley is ready', READY_MS);
    const readyMs = await Promise.race([untilReady(port, READY_MS).then(() => performance.now() - from), failureOf(printed)]);
    await printed;
    return {
      port,
      readyMs,
      child,
      seat: (places) => seatInParley(port, directory, places),
      pids: () => treeOf(child),
      stop: () => stop(child, 'SIGTERM'),
    };
  } catch (error) {
    await stop(child, 'SIGTERM');
    throw error;
  }
}

/** Rejects with the promise, never resolves. */
const failureOf = (promise: Promise<unknown>): Promise<never> => promise.then(() => new Promise<never>(() => undefined));

function treeOf(child: ChildProcess): { readonly server: readonly number[]; readonly postgres: readonly number[] } {
  const all = child.pid === undefined ? [] : [child.pid, ...descendants(child.pid)];
  const isPostgres = (pid: number): boolean => statOf(pid)?.name.startsWith('postgres') ?? false;
  return { server: all.filter((pid) => !isPostgres(pid)), postgres: all.filter(isPostgres) };
}
