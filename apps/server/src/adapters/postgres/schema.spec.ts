import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
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
