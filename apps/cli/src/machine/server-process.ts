import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const pidFile = (dataDir: string): string => join(dataDir, 'parley.pid');

/** The server that serves this data directory, when it is alive. A number that now names something else does not count. */
export async function runningPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(pidFile(dataDir), 'utf8').catch(() => '');
  if (!/^\d{1,10}\s*$/.test(text)) return undefined;
  const pid = Number(text);
  return (await isAlive(pid)) && (await isNode(pid)) ? pid : undefined;
}

/** Alive and no zombie: a container's init may never reap what ended. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(stat);
}

/** After a reboot the number may belong to anything. Where there is no /proc the pid file is believed. */
async function isNode(pid: number): Promise<boolean> {
  if (!existsSync('/proc/self/cmdline')) return true;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return /node|parley|main\.js/.test(commandLine);
}

const POLL_MS = 100;

/** Asks again and again until it is true; false when the time is over. */
export async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() >= end) return false;
    await wait(POLL_MS);
  }
  return true;
}
