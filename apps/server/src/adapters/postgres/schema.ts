import { DataSource, type MigrationInterface } from 'typeorm';
import { ENTITIES } from '../store/entities.js';
import { connectionOptions } from './postgres.js';
import { MIGRATIONS } from './migrations/migrations.js';

/** Only one process migrates at a time; others wait for it. */
const MIGRATION_LOCK = 7_205_759_403;

export interface SchemaState {
  /** Name of the newest migration in the database, and in this code. */
  readonly current?: string;
  readonly latest: string;
  readonly pending: readonly string[];
  /** The database was migrated by a newer Parley: this one must not touch it. */
  readonly isNewer: boolean;
}

export interface SourceOptions {
  readonly poolSize?: number;
  /** A migration takes the time it needs, and waits for one that runs elsewhere. */
  readonly isPatient?: boolean;
  /** A transaction pooler stands between: it refuses connections that ask for settings of their own. Transactions set theirs. */
  readonly isPooled?: boolean;
}

export function dataSourceOf(url: string, { poolSize = 12, isPatient = false, isPooled = false }: SourceOptions = {}): DataSource {
  const { connectionString, statement_timeout, idle_in_transaction_session_timeout, query_timeout, ...rest } = connectionOptions(url);
  const options = {
    ...rest,
    ...(isPatient ? {} : { query_timeout }),
    ...(isPatient || isPooled ? {} : { statement_timeout }),
    ...(isPooled ? {} : { idle_in_transaction_session_timeout }),
  };
  return new DataSource({
    type: 'postgres',
    url: connectionString,
    entities: [...ENTITIES],
    migrations: [...MIGRATIONS] as (new () => MigrationInterface)[],
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    poolSize,
    // A connection lost while idle is replaced by the next query.
    poolErrorHandler: () => undefined,
    extra: options,
  });
}

export async function schemaState(source: DataSource): Promise<SchemaState> {
  const names = MIGRATIONS.map((migration) => migration.name);
  const known: { exists: boolean }[] = await source.query(`SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`);
  const rows: { name: string }[] = known[0]?.exists ? await source.query('SELECT name FROM schema_migrations ORDER BY timestamp') : [];
  const applied = rows.map(({ name }) => name);
  return {
    current: applied.at(-1),
    latest: names.at(-1) ?? '',
    pending: names.filter((name) => !applied.includes(name)),
    isNewer: applied.some((name) => !names.includes(name as (typeof names)[number])),
  };
}

/** Applies what is pending, under a lock. Returns the names applied. */
export async function migrate(url: string): Promise<readonly string[]> {
  const source = await dataSourceOf(url, { poolSize: 2, isPatient: true }).initialize();
  const runner = source.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const state = await schemaState(source);
    if (state.isNewer) throw new Error(newerSchema(state));
    return (await source.runMigrations()).map(({ name }) => name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await runner.release();
    await source.destroy();
  }
}

export const newerSchema = (state: SchemaState): string =>
  `the database schema (${state.current ?? 'unknown'}) is newer than this server knows (${state.latest}): run the newer server, or restore a backup of before the upgrade`;
