import { OperatorService } from '@parley/domain';
import type { Config } from '../config/config.js';
import { migrate, schemaState } from '../adapters/postgres/schema.js';
import { createAdapters, dataSourceOf, openDatabase, type Database } from './adapters.js';
import { livePostmaster } from '../adapters/postgres/embedded-postgres.js';
import { embeddedUrl } from './embedded-url.js';

/** What `chatctl` does on the machine itself: with the database of a running server, or one started for the task. */
async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const { database: chosen } = config;
  if (chosen.technology === 'embedded' && livePostmaster(chosen.directory) !== undefined) {
    const url = embeddedUrl(chosen.directory);
    return work({ url, directUrl: url, whyDown: () => undefined, stop: async () => undefined });
  }
  const database = await openDatabase(config, () => undefined);
  try {
    return await work(database);
  } finally {
    await database.stop();
  }
}

export function migrationStatus(config: Config): Promise<object> {
  return withDatabase(config, async ({ directUrl }) => {
    const source = await dataSourceOf(directUrl, { poolSize: 2 }).initialize();
    try {
      const { current, latest, pending, isNewer } = await schemaState(source);
      return { ok: pending.length === 0 && !isNewer, current: current ?? null, latest, pending, isNewer };
    } finally {
      await source.destroy();
    }
  });
}

export function migrateUp(config: Config): Promise<readonly string[]> {
  return withDatabase(config, ({ directUrl }) => migrate(directUrl));
}

export function recoverOperator(config: Config, email: string): Promise<{ email: string; password: string }> {
  return withDatabase(config, async (database) => {
    const source = await dataSourceOf(database.directUrl, { poolSize: 2 }).initialize();
    const { store, passwords, limiter, random, clock, close } = createAdapters(config, database, source);
    try {
      const operators = new OperatorService(store, passwords, limiter, random, clock);
      const { operator, password } = await operators.recover(email, { requestId: random.uuid() });
      return { email: operator.email, password };
    } finally {
      await close();
    }
  });
}
