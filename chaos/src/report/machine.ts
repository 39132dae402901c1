import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type as system } from 'node:os';
import { join } from 'node:path';
import { repository } from '../server/parley-process.ts';

const run = (command: string, ...args: readonly string[]): string => {
  try {
    return execFileSync(command, args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
};

/** Where a run took place, and what ran. */
export function machine(): string {
  const { version } = JSON.parse(readFileSync(join(repository, 'apps/server/package.json'), 'utf8')) as { readonly version: string };
  const isChanged = run('git', 'status', '--porcelain', '--untracked-files=no') !== '';
  const commit = `${run('git', 'rev-parse', '--short=12', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${memory} GiB, ${system()} ${release()}; Node ${process.versions.node}; Parley ${version}, commit ${commit}`;
}
