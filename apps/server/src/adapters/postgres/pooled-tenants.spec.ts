import { DEFAULT_TENANT_SETTINGS, type TenantTx } from '@parley/domain';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dataSourceOf } from './schema.js';
import { Postgres } from './postgres.js';
import { PostgresStore } from '../store/postgres-store.js';

const ROUNDS = 4_000;
const AT_ONCE = 8;

const TENANTS = Array.from({ length: 6 }, () => `pool-${randomUUID()}`);
const source = dataSourceOf(inject('postgresUrl'), { poolSize: 3 });
const store = new PostgresStore(source);
const postgres = new Postgres(inject('postgresUrl'));

beforeAll(async () => {
  await source.initialize();
  for (const id of TENANTS) {
    await store.platform((tx) => tx.tenants.insert({ id, name: id, settings: DEFAULT_TENANT_SETTINGS }));
    await store.tenant(id, (tx) => tx.users.ensure([{ id: 'ann', name: id }]));
  }
});
afterAll(async () => {
  await postgres.close();
  await source.destroy();
});

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;

/** Ways a transaction ends; all but the first fail on the way. */
const ENDS: readonly ((tx: TenantTx) => Promise<unknown>)[] = [
  async () => undefined,
  async () => undefined,
  async () => Promise.reject(new Error('thrown')),
  // Refused by PostgreSQL: the transaction is aborted.
  (tx) => tx.keys.revokeApiKey('no uuid'),
  async (tx) => {
    await tx.keys.revokeApiKey('no uuid').catch(() => undefined);
    return tx.users.byId('ann');
  },
];

async function manyRounds(round: () => Promise<void>): Promise<void> {
  let left = ROUNDS;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await round();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

describe('case 58: a pooled connection', () => {
  it(`shows ${ROUNDS} transactions of the store their own tenant, whatever failed on it before`, async () => {
    const seen = { good: 0, failed: 0 };
    await manyRounds(async () => {
      const tenantId = pick(TENANTS);
      const end = pick(ENDS);
      const look = store.tenant(tenantId, async (tx) => {
        const { items } = await tx.users.list({}, { limit: 100 });
        expect(items.map(({ name }) => name)).toEqual([tenantId]);
        await end(tx);
      });
      await look.then(
        () => (seen.good += 1),
        () => (seen.failed += 1),
      );
    });
    expect(seen.good).toBeGreaterThan(ROUNDS / 4);
    expect(seen.failed).toBeGreaterThan(ROUNDS / 4);
  });

  it(`shows ${ROUNDS} transactions of the logs their own tenant, between reads under the role of the logs`, async () => {
    let wrong = 0;
    await manyRounds(async () => {
      const tenantId = pick(TENANTS);
      const kind = pick(['good', 'thrown', 'refused', 'log']);
      if (kind === 'log') {
        const [{ role, tenant } = { role: '', tenant: '' }] = await postgres.log<{ role: string; tenant: string | null }>(
          'who',
          `SELECT current_user AS role, current_setting('parley.tenant', true) AS tenant`,
          [],
        );
        if (role !== 'parley_log' || (tenant ?? '') !== '') wrong += 1;
        return;
      }
      await postgres
        .tenant(tenantId, async (client) => {
          const { rows } = await client.query<{ tenant_id: string; role: string }>('SELECT tenant_id, current_user AS role FROM users');
          if (rows.length !== 1 || rows[0]?.tenant_id !== tenantId || rows[0].role !== 'parley_app') wrong += 1;
          if (kind === 'thrown') throw new Error('thrown');
          if (kind === 'refused') await client.query('SELECT 1/0');
        })
        .catch(() => undefined);
    });
    expect(wrong).toBe(0);
  });

  it('goes back without a role and without a tenant', async () => {
    for (let round = 0; round < 200; round += 1) await store.tenant(pick(TENANTS), pick(ENDS)).catch(() => undefined);
    const left = await Promise.all(
      Array.from({ length: 6 }, () =>
        source.query(`SELECT current_user = session_user AS own, current_setting('parley.tenant', true) AS tenant, pg_sleep(0.05)`),
      ),
    );
    for (const [{ own, tenant }] of left as [{ own: boolean; tenant: string | null }][]) expect([own, tenant ?? '']).toEqual([true, '']);
  });
});
