import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { NoCopiesInStatistics1763900000004 } from './migrations/0004-no-copies-in-statistics.js';
import { MIGRATIONS } from './migrations/migrations.js';
import { dataSourceOf, migrate, schemaState } from './schema.js';

const NAMES = MIGRATIONS.map(({ name }) => name);

/** A database of its own on the PostgreSQL of the run. */
function freshDatabase(): { readonly url: string; create(): Promise<void>; drop(): Promise<void> } {
  const name = `schema_${randomBytes(6).toString('hex')}`;
  const url = new URL(inject('postgresUrl'));
  const admin = url.href;
  url.pathname = `/${name}`;
  const run = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: admin });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  return { url: url.href, create: () => run(`CREATE DATABASE ${name}`), drop: () => run(`DROP DATABASE ${name} WITH (FORCE)`) };
}

describe('the schema', () => {
  let database: ReturnType<typeof freshDatabase>;
  const state = async () => {
    const source = await dataSourceOf(database.url, { poolSize: 1 }).initialize();
    return schemaState(source).finally(() => source.destroy());
  };

  beforeEach(async () => {
    database = freshDatabase();
    await database.create();
  });
  afterEach(() => database.drop());

  it('tells what is pending, applies it, and has nothing to do the second time', async () => {
    expect(await state()).toMatchObject({ pending: NAMES, isNewer: false, current: undefined });
    expect(await migrate(database.url)).toEqual(NAMES);
    expect(await state()).toMatchObject({ pending: [], isNewer: false, current: NAMES.at(-1) });
    expect(await migrate(database.url)).toEqual([]);
  });

  it('is brought up once when two start at the same time', async () => {
    const applied = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(applied.flat()).toEqual(NAMES);
  });

  it('keeps no copies of what people wrote, or of secrets, in the statistics of the planner', async () => {
    await migrate(database.url);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(
        `INSERT INTO room_log (tenant_id, room_no, pts, seq, id, type, at, actor_no, client_message_id, draft_hash, body, data, deleted)
         SELECT 'acme', 1, n, n, gen_random_uuid(), 1, now(), 1, 'c' || n, gen_random_uuid(), 'a secret ' || n, '{"of": "mine"}', '{"by": 1}'
         FROM generate_series(1, 300) n`,
      );
      await client.query(
        `INSERT INTO signing_keys (tenant_id, id, algorithm, material) SELECT 'acme', 'k' || n, 'HS256', 'material ' || n FROM generate_series(1, 300) n`,
      );
      await client.query('ANALYZE room_log, signing_keys');
      const { rows } = await client.query<{ sampled: string[] }>(
        `SELECT array_agg(tablename || '.' || attname ORDER BY 1) AS sampled FROM pg_stats WHERE tablename IN ('room_log', 'signing_keys')`,
      );
      const sampled = rows[0]?.sampled ?? [];
      expect(sampled).toEqual(expect.arrayContaining(['room_log.room_no', 'room_log.pts', 'signing_keys.id']));
      const kept = ['body', 'data', 'deleted', 'client_message_id', 'draft_hash'].map((column) => `room_log.${column}`);
      expect(sampled.filter((column) => [...kept, 'signing_keys.material'].includes(column))).toEqual([]);
    } finally {
      await client.end();
    }
  });

  it('forgets the copies that were made before', async () => {
    await migrate(database.url);
    const source = await dataSourceOf(database.url, { poolSize: 1 }).initialize();
    const runner = source.createQueryRunner();
    try {
      const migration = new NoCopiesInStatistics1763900000004();
      await migration.down(runner);
      await runner.query(
        `INSERT INTO signing_keys (tenant_id, id, algorithm, material) SELECT 'acme', 'k' || n, 'HS256', 'material ' || n FROM generate_series(1, 300) n`,
      );
      await runner.query('ANALYZE signing_keys');
      const filesOf = (): Promise<unknown> =>
        runner.query(
          `SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = current_schema()::regnamespace ORDER BY 1`,
        );
      const files = await filesOf();
      const sampled = (): Promise<unknown> =>
        runner.query(`SELECT attname FROM pg_stats WHERE tablename = 'signing_keys' AND attname = 'material'`);
      expect(await sampled()).toHaveLength(1);
      await migration.up(runner);
      expect(await sampled()).toHaveLength(0);
      expect(await filesOf(), 'a table or an index was written anew').toEqual(files);
    } finally {
      await runner.release();
      await source.destroy();
    }
  });

  it('of a newer Parley is recognised and left alone', async () => {
    await migrate(database.url);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client
      .query(`INSERT INTO schema_migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`)
      .finally(() => client.end());
    expect(await state()).toMatchObject({ isNewer: true, current: 'FromTheFuture9999999999999' });
    await expect(migrate(database.url)).rejects.toThrow(/newer than this server knows/);
  });
});
