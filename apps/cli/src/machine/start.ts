import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { type Environment, serverEnvironment } from '../config/environment.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { localUrl } from './local-url.js';
import { probeReadiness } from './probe.js';
import { serveArguments } from './server-entry.js';
import { runningPid, until } from './server-process.js';

export interface StartAsked {
  readonly dataDir: string;
  readonly port?: number;
}

export interface Started {
  readonly pid: number;
  readonly url: string;
  readonly dataDir: string;
  readonly logFile: string;
}

/** A first start creates a database cluster; on a small machine that takes some seconds. */
const READY_TIMEOUT_MS = 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves until it is told to stop; gives the server's exit code. Signals are handed on: the server drains. */
export async function startInForeground(environment: Environment, asked: StartAsked): Promise<number> {
  const child = spawn(process.execPath, serveArguments(environment), {
    cwd: environment.serverHome,
    env: serverEnvironment(asked),
    stdio: 'inherit',
  });
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, handOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, handOn);
  }
}

/** Starts a server that outlives this process, and waits until it is ready. */
export async function startDetached(environment: Environment, asked: StartAsked): Promise<Started> {
  const command = serveArguments(environment);
  await mkdir(asked.dataDir, { recursive: true });
  const logFile = join(asked.dataDir, 'server.log');
  const log = await open(logFile, 'a', 0o600);
  const from = (await log.stat()).size;
  const child = spawn(process.execPath, command, {
    cwd: environment.serverHome,
    env: serverEnvironment(asked),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  try {
    const url = await readyUrl(child, environment, asked);
    if (url !== undefined && child.pid !== undefined) return { pid: child.pid, url, dataDir: asked.dataDir, logFile };
  } finally {
    child.unref();
    await log.close();
  }
  throw await failure(child, logFile, from);
}

/** The URL, once our own child is the one that answers: another server may hold the port. Undefined when it ended or took too long. */
async function readyUrl(child: ChildProcess, environment: Environment, asked: StartAsked): Promise<string | undefined> {
  let failed = false;
  child.on('error', () => (failed = true));
  let url = '';
  const isOver = (): boolean => failed || child.exitCode !== null || child.signalCode !== null;
  const isReady = async (): Promise<boolean> => {
    if (isOver()) return true;
    if ((await runningPid(asked.dataDir)) === undefined) return false;
    url = await localUrl(environment, asked);
    return (await probeReadiness(url)).body?.ready === true;
  };
  const inTime = await until(isReady, READY_TIMEOUT_MS);
  return inTime && !isOver() ? url : undefined;
}

async function failure(child: ChildProcess, logFile: string, from: number): Promise<CommandError> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  const tail = log.slice(from).trimEnd().split('\n').slice(-10).join('\n');
  const isAlive = child.exitCode === null && child.signalCode === null;
  const what = isAlive
    ? `The server (pid ${child.pid}) is not ready after ${READY_TIMEOUT_MS / 1000} s.`
    : 'The server ended before it was ready.';
  return new CommandError(what, EXIT.unavailable, `See ${logFile}${tail ? `, which ends with:\n${tail}` : ''}`);
}
