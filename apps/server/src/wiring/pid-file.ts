import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mistake of the operator's with its mend, in one line; not a bug. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** Takes the data directory for this process. A pid file left by a killed server is none. */
export function takeDataDirectory(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch {
    throw new StartRefused(`the data directory ${dataDir} cannot be written: give this user the right to, or set PARLEY_DATA_DIR`);
  }
  const path = join(dataDir, 'parley.pid');
  const other = liveServer(path);
  if (other !== undefined && other !== process.pid) {
    throw new StartRefused(
      `another Parley (pid ${other}) runs on ${dataDir}: stop it with npx chatctl server stop, or set PARLEY_DATA_DIR`,
    );
  }
  try {
    writeFileSync(path, String(process.pid));
  } catch {
    throw new StartRefused(`${path} cannot be written: give this user the right to, or set PARLEY_DATA_DIR`);
  }
  return () => {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  };
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function liveServer(path: string): number | undefined {
  const pid = readPid(path);
  if (pid === undefined) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    // Pids are used again: the one that lives must be a server, and no zombie.
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return !isZombie && /main\.js/.test(command) ? pid : undefined;
  } catch {
    return process.platform === 'linux' ? undefined : pid;
  }
}
