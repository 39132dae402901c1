import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

/** Case 57: what keeps tenants apart where a query forgets to. Asked of the real catalogue, after all migrations. */

let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
});
afterAll(() => client.end());

const rows = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> =>
  (await client.query<R>(text, values)).rows;

const ROLES = ['parley_app', 'parley_log', 'parley_platform'];
/** Of the installation: closed to the roles that work for tenants. */
const OF_PLATFORM = ['nodes', 'operator_grants', 'operator_sessions', 'operator_tokens', 'operators'];

const tenantTables = async (): Promise<string[]> =>
  (
    await rows<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
    )
  )
    .map(({ name }) => name)
    .filter((name) => !OF_PLATFORM.includes(name));

describe('case 57: the roles', () => {
  it('are no superusers, pass by no policy, own nothing and cannot sign in', async () => {
    const found = await rows(
      `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
              (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owns,
              (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS member_of
       FROM pg_roles r WHERE rolname = ANY ($1) ORDER BY 1`,
      [ROLES],
    );
    const nothing = {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolcanlogin: false,
      rolreplication: false,
    };
    expect(found).toEqual(ROLES.map((rolname) => ({ rolname, ...nothing, owns: 0, member_of: 0 })));
  });

  it('reach nothing that is not under a policy, but what belongs to the platform alone', async () => {
    const open = await rows<{ role: string; name: string }>(
      `SELECT role, c.relname AS name FROM pg_class c, unnest($1::text[]) role
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
         AND has_table_privilege(role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1, 2`,
      [ROLES],
    );
    expect(open).toEqual(OF_PLATFORM.map((name) => ({ role: 'parley_platform', name })));
  });

  it('make nothing, and case 144: change no audit row', async () => {
    const [may] = await rows(
      `SELECT bool_or(has_schema_privilege(role, 'public', 'CREATE')) AS make,
              bool_or(has_table_privilege(role, 'audit_log', 'UPDATE, DELETE, TRUNCATE')) AS audit
       FROM unnest($1::text[]) role`,
      [ROLES],
    );
    expect(may).toEqual({ make: false, audit: false });
  });
});

describe('case 57: every table with rows of tenants', () => {
  it('is known to this test', async () => {
    expect(await tenantTables()).toEqual(
      expect.arrayContaining(['users', 'rooms', 'room_log', 'members', 'bans', 'api_keys', 'audit_log', 'outbox']),
    );
    expect((await tenantTables()).length).toBeGreaterThanOrEqual(16);
  });

  it('forces its policies on everybody, its owner too', async () => {
    const lax = await rows(
      `SELECT relname FROM pg_class WHERE relname = ANY ($1) AND relnamespace = 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)`,
      [[...(await tenantTables()), 'tenants']],
    );
    expect(lax).toEqual([]);
  });

  it('shows a tenant’s work its own rows, to read and to write', async () => {
    const policies = await rows<{ tablename: string; qual: string; with_check: string; permissive: string }>(
      `SELECT tablename, qual, with_check, permissive FROM pg_policies WHERE schemaname = 'public' AND 'parley_app' = ANY (roles) ORDER BY 1`,
    );
    const own = `(tenant_id = NULLIF(current_setting('parley.tenant'::text, true), ''::text))`;
    const byTable = new Map(policies.map(({ tablename, qual, with_check }) => [tablename, [qual, with_check]]));
    for (const table of await tenantTables()) expect(byTable.get(table), table).toEqual([own, own]);
    expect(policies).toHaveLength(byTable.size);
    const everyone = await rows(`SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND 'public' = ANY (roles)`);
    expect(everyone).toEqual([]);
  });

  it('case 56: begins every key and unique index with the tenant', async () => {
    const keys = await rows<{ table: string; index: string; first: string }>(
      `SELECT c.relname AS "table", i.relname AS index, a.attname AS first
       FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
       WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace AND (x.indisunique OR x.indisprimary)`,
      [await tenantTables()],
    );
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter(({ first }) => first !== 'tenant_id')).toEqual([]);
    const foreign = await rows(
      `SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY ($1)`,
      [await tenantTables()],
    );
    expect(foreign).toEqual([]);
  });

  it('is empty to a tenant that is not named, and refuses rows of another', async () => {
    for (const table of await tenantTables()) {
      await client.query('BEGIN; SET LOCAL ROLE parley_app');
      expect((await client.query(`SELECT 1 FROM ${table} LIMIT 1`)).rows, table).toEqual([]);
      await client.query(`SET LOCAL parley.tenant = 'nobody'`);
      expect((await client.query(`SELECT 1 FROM ${table} LIMIT 1`)).rows, table).toEqual([]);
      await client.query('ROLLBACK');
    }
    await client.query(`BEGIN; SET LOCAL ROLE parley_app; SET LOCAL parley.tenant = 'nobody'`);
    await expect(client.query(`INSERT INTO users (tenant_id, id, name) VALUES ('acme', 'spy', 'Spy')`)).rejects.toMatchObject({
      code: '42501',
    });
    await client.query('ROLLBACK');
  });
});
