import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes that the harness itself started, or that those started. Linux: /proc is the witness. */

const POLL_MS = 20;

/** Waits for a condition; the condition may be asynchronous and may throw while it is not met. */
export async function until(what: string, timeoutMs: number, isMet: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await isMet()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    await sleep(POLL_MS);
  }
}

interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
}

function statOf(pid: number): Stat | undefined {
  // The name is in parentheses and may hold any character (proc(5)).
  const [, name, rest] = textOf(`/proc/${pid}/stat`)?.match(/^\d+ \((.*)\) (.*)/s) ?? [];
  const [state, parent] = rest?.split(' ') ?? [];
  return name === undefined || state === undefined ? undefined : { pid, name, state, parent: Number(parent) };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function running(): readonly Stat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => statOf(Number(name)) ?? []).filter(({ state }) => state !== 'Z');
}

/** A zombie counts as dead: who reaps it is another matter. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== 'Z';
}

/** Resident memory, and how many files are open. */
export function usageOf(pid: number): { readonly rssMiB: number; readonly files: number } | undefined {
  const kib = Number(textOf(`/proc/${pid}/status`)?.match(/^VmRSS:\s+(\d+)/m)?.[1]);
  try {
    return Number.isNaN(kib) ? undefined : { rssMiB: Math.round(kib / 1_024), files: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

export const childrenOf = (pid: number): readonly number[] =>
  running()
    .filter(({ parent }) => parent === pid)
    .map((stat) => stat.pid);

export function descendantsOf(pid: number): readonly number[] {
  const all = running();
  const found: number[] = [];
  for (let level = [pid]; level.length > 0; found.push(...level)) {
    level = all.filter(({ parent }) => level.includes(parent)).map((stat) => stat.pid);
  }
  return found;
}

/** What PostgreSQL wrote into its lock file; it may be stale. */
export function postmasterPid(dataDirectory: string): number | undefined {
  const [line] = textOf(join(dataDirectory, 'postgres/postmaster.pid'))?.split('\n') ?? [];
  const pid = Number(line);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * Postmasters that hold this data directory: every PostgreSQL process works in it, and only one that took the lock file has
 * children. One that failed on the lock never gets that far.
 */
export function livePostmasters(dataDirectory: string): readonly number[] {
  const all = running().filter(({ name }) => name === 'postgres');
  const parents = new Set(all.map(({ parent }) => parent));
  const cluster = join(dataDirectory, 'postgres');
  return all.map(({ pid }) => pid).filter((pid) => parents.has(pid) && workingDirectory(pid) === cluster);
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Processes that serve a client connection; those say from where they are connected. */
export function clientBackends(postmaster: number): readonly number[] {
  return childrenOf(postmaster).filter((pid) => /127\.0\.0\.1|\[local\]/.test(textOf(`/proc/${pid}/cmdline`) ?? ''));
}

export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // Died by itself in between.
    }
  }
}

/** kill -9 of a process and everything below, children first so that none is adopted. */
export function killTree(pid: number): void {
  signal([...descendantsOf(pid).toReversed(), pid], 'SIGKILL');
}

/** Stops a process and its children without killing them, the parent first so that it starts no new ones. */
export function freeze(pid: number): void {
  signal([pid], 'SIGSTOP');
  signal(childrenOf(pid), 'SIGSTOP');
}

export function thaw(pid: number): void {
  signal([...childrenOf(pid), pid], 'SIGCONT');
}

/** Status of `/readyz`, 0 when nobody answers. */
export async function readiness(url: string, timeoutMs = 2_000): Promise<number> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(timeoutMs) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.status;
    },
    () => 0,
  );
}

export const untilReady = (url: string, timeoutMs: number): Promise<void> =>
  until(`${url}/readyz answers 200`, timeoutMs, async () => (await readiness(url)) === 200);
