import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from '../config/environment.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

export interface Context {
  readonly url: string;
  readonly token: string;
  readonly tenant?: string;
}

export interface ContextFile {
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

/** The server of this machine. It lives in the data directory, so the name cannot be taken in the file. */
export const LOCAL = 'local';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const EMPTY: ContextFile = { contexts: {} };

export const contextFilePath = (environment: Environment): string => join(environment.configHome, 'contexts.json');
export const localContextPath = (environment: Environment): string => join(environment.dataDir, 'chatctl-context.json');

export async function readContexts(environment: Environment): Promise<ContextFile> {
  const path = contextFilePath(environment);
  const value = await readJson(path);
  if (value === undefined) return EMPTY;
  if (!isRecord(value) || !isRecord(value.contexts)) throw damaged(path);
  const contexts: [string, Context][] = Object.entries(value.contexts).map(([name, entry]) => [name, contextOf(entry, path)]);
  return {
    current: typeof value.current === 'string' && value.current !== '' ? value.current : undefined,
    contexts: Object.fromEntries(contexts),
  };
}

/** Written by the server's first start. */
export async function readLocalContext(environment: Environment): Promise<Context | undefined> {
  const path = localContextPath(environment);
  const value = await readJson(path);
  return value === undefined ? undefined : contextOf(value, path);
}

/** Readable by the owner alone, and never half written: a reader sees the old file or the new one. */
export async function writeContexts(environment: Environment, file: ContextFile): Promise<void> {
  const path = contextFilePath(environment);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify({ current: file.current ?? '', contexts: file.contexts }, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

export function assertContextName(name: string): string {
  if (name === LOCAL)
    throw new CommandError(`"${LOCAL}" is the server of this machine and cannot be set.`, EXIT.usage, 'Choose another name.');
  if (!NAME.test(name)) throw new CommandError(`"${name}" cannot name a context: 1 to 63 of A-Z a-z 0-9 . _ -`, EXIT.usage);
  return name;
}

/** A sentence when others on this machine can read the file; undefined where modes mean nothing (Windows). */
export async function exposureOf(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0,
  );
  return (mode & 0o077) === 0 ? undefined : `${path} holds tokens and others can read it (mode ${mode.toString(8)}): chmod 600 ${path}`;
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new CommandError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, EXIT.usage);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path);
  }
}

function contextOf(value: unknown, path: string): Context {
  if (!isRecord(value) || typeof value.url !== 'string' || typeof value.token !== 'string') throw damaged(path);
  return { url: value.url, token: value.token, ...(typeof value.tenant === 'string' && { tenant: value.tenant }) };
}

const damaged = (path: string): CommandError => new CommandError(`${path} is damaged.`, EXIT.usage, `Mend it or move it away.`);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
