import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, statOf } from './proc.ts';

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
const STOP_MS = 20_000;

/** Why nothing is pinned, or undefined when servers get one core and the load another. */
export function whyNotPinned(): string | undefined {
  if (spawnSync('taskset', ['-c', '0', 'true']).status !== 0) return 'taskset is missing or may not pin';
  return availableParallelism() < 2 ? 'only one core' : undefined;
}

const started = new Set<ChildProcess>();
const isPinning = whyNotPinned() === undefined;

/** A child that never outlives the bench. */
export function start(core: number, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = isPinning ? spawn('taskset', ['-c', String(core), command, ...args], options) : spawn(command, [...args], options);
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

const directories = new Set<string>();

/** Gives a directory that is gone when the work is, or the bench. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  directories.add(directory);
  // PostgreSQL may run as another user and must get through.
  chmodSync(directory, 0o755);
  try {
    return await work(directory);
  } finally {
    remove(directory);
  }
}

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  directories.delete(directory);
}

process.once('exit', () => {
  killAll();
  for (const directory of directories) remove(directory);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

function killAll(): void {
  for (const { pid } of started) if (pid !== undefined) for (const one of [...descendants(pid), pid]) kill(one, 'SIGKILL');
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** Asks politely, then ends the whole tree, so that no PostgreSQL is left behind. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const tree = descendants(pid);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await Promise.race([exited, sleep(STOP_MS, undefined, { ref: false })]);
  for (const one of [...tree, pid].filter(isAlive)) kill(one, 'SIGKILL');
}

const isAlive = (pid: number): boolean => statOf(pid) !== undefined;

/** Resolves once `line` shows up on stdout; the output so far explains a failure. */
export function lineOf(child: ChildProcess, line: string | RegExp, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => settle(new Error(`no "${line}" within ${timeoutMs} ms:\n${output.slice(-4_000)}`)), timeoutMs);
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      const hit = output
        .split('\n')
        .slice(0, -1)
        .find((one) => (typeof line === 'string' ? one.includes(line) : line.test(one)));
      if (hit !== undefined) settle(hit);
    };
    const onExit = (code: number | null): void => settle(new Error(`ended with ${code} before "${line}":\n${output.slice(-4_000)}`));
    const settle = (result: string | Error): void => {
      clearTimeout(timer);
      child.stdout?.off('data', onData).resume();
      child.stderr?.off('data', onData).resume();
      child.off('exit', onExit);
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('exit', onExit);
  });
}
