import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../adapters/postgres/embedded-postgres.js';
import { migrate } from '../adapters/postgres/schema.js';

/** One real PostgreSQL for all server specs: started before the first, gone after the last. */
export default async function setup({ provide }: { provide: (key: 'postgresUrl', value: string) => void }): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-test-'));
  execFileSync('chmod', ['755', directory]);
  const postgres = new EmbeddedPostgres(join(directory, 'postgres'), () => undefined);
  const url = await postgres.start();
  await migrate(url);
  provide('postgresUrl', url);
  return async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}
