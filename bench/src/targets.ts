import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Seat } from './plan.ts';
import { freePort, startPostgres, type Postgres } from './postgres.ts';
import { descendants, lineOf, SERVER_CORE, start, statOf, stop } from './processes.ts';

export const TARGETS = ['parley', 'bare', 'naive'] as const;
export type TargetName = (typeof TARGETS)[number];

/** A server under test. */
export interface Running {
  readonly port: number;
  /** From spawn until `/readyz` answered 200, milliseconds. */
  readonly readyMs: number;
  /** A token per seat, with everybody in their rooms. */
  seat(seats: readonly Seat[]): Promise<readonly string[]>;
  pids(): { readonly server: readonly number[]; readonly postgres: readonly number[] };
  stop(): Promise<void>;
}

const here = dirname(fileURLToPath(import.meta.url));
export const repository = join(here, '../..');
const PARLEY = join(repository, 'apps/server/dist/main.js');
const READY_MS = 60_000;
const SETTING_UP = 20;
const REST_TIMEOUT_MS = 15_000;

export function startTarget(name: TargetName, directory: string): Promise<Running> {
  if (name === 'parley') return startParley(directory);
  return startReference(directory, name === 'naive');
}

export function whyUnavailable(name: TargetName): string | undefined {
  return name === 'parley' && !existsSync(PARLEY) ? `${PARLEY} is missing: npm run build` : undefined;
}

async function startReference(directory: string, isNaive: boolean): Promise<Running> {
  const from = performance.now();
  const postgres: Postgres | undefined = isNaive ? await startPostgres(directory) : undefined;
  try {
    const port = await freePort();
    const args = [join(here, 'reference-server.ts'), String(port), ...(postgres ? [postgres.url] : [])];
    const child = start(SERVER_CORE, process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await Promise.all([lineOf(child, 'reference is ready', READY_MS), untilReady(port)]);
    return {
      port,
      readyMs: performance.now() - from,
      seat: async (seats) => seats.map(({ userId, roomId }) => `${userId}/${roomId}`),
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

async function startParley(directory: string): Promise<Running> {
  const port = await freePort();
  const from = performance.now();
  const env = {
    ...process.env,
    PARLEY_PORT: String(port),
    PARLEY_DATA_DIR: directory,
    PARLEY_RATE_SENDS_PER_SECOND: '100000',
    PARLEY_RATE_SEND_BURST: '100000',
    PARLEY_RATE_COMMANDS_PER_SECOND: '100000',
  };
  const child = start(SERVER_CORE, process.execPath, [PARLEY, 'start'], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const printed = lineOf(child, 'Parley is ready', READY_MS);
    const readyMs = await Promise.race([untilReady(port).then(() => performance.now() - from), failureOf(printed)]);
    await printed;
    return {
      port,
      readyMs,
      seat: (seats) => seatInParley(port, directory, seats),
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

async function seatInParley(port: number, directory: string, seats: readonly Seat[]): Promise<readonly string[]> {
  const firstRun = JSON.parse(readFileSync(join(directory, 'first-run.json'), 'utf8')) as { readonly tenant: { readonly apiKey: string } };
  const call = <T>(path: string, body: unknown): Promise<T> => post<T>(`http://127.0.0.1:${port}${path}`, firstRun.tenant.apiKey, body);
  const members = Map.groupBy(seats, ({ roomId }) => roomId);
  for (const [id, some] of members) {
    await call('/v1/rooms', { id, kind: 'group', name: id, members: some.map(({ userId }) => userId) });
  }
  const tokens: string[] = [];
  for (let from = 0; from < seats.length; from += SETTING_UP) {
    const some = seats.slice(from, from + SETTING_UP);
    const minted = await Promise.all(some.map(({ userId }) => call<{ readonly token: string }>('/v1/tokens', { userId })));
    tokens.push(...minted.map(({ token }) => token));
  }
  return tokens;
}

async function post<T>(url: string, apiKey: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REST_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

async function untilReady(port: number): Promise<void> {
  const end = performance.now() + READY_MS;
  while (performance.now() < end) {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isReady) return;
    await sleep(10);
  }
  throw new Error(`/readyz did not answer 200 within ${READY_MS} ms`);
}
