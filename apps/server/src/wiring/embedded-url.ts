import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Address of a running embedded PostgreSQL: the port is the fourth line of its pid file. */
export function embeddedUrl(directory: string): string {
  const port = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[3]?.trim() ?? '';
  const password = readFileSync(join(dirname(directory), 'postgres.password'), 'utf8').trim();
  return `postgres://parley:${password}@127.0.0.1:${port}/postgres`;
}
