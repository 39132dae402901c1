import { randomUUID } from 'node:crypto';
import { DEFAULT_TENANT_SETTINGS } from '@parley/domain';
import { storeContract, userLogContract, roomLogContract } from '@parley/domain/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Pgbouncer, whyNoPgbouncer } from '../../testing/pgbouncer.js';
import { CryptoRandom } from '../random/crypto-random.js';
import { PostgresRoomLog } from '../room-log/postgres-room-log.js';
import { PostgresStore } from '../store/postgres-store.js';
import { PostgresUserLog } from '../user-log/postgres-user-log.js';
import { Postgres } from './postgres.js';
import { dataSourceOf } from './schema.js';

const missing = whyNoPgbouncer();
if (missing !== undefined) process.stderr.write(`transaction pooler: NOT tried: ${missing}\n`);

/** As `PARLEY_POSTGRES_URL` names a pooler and `PARLEY_POSTGRES_DIRECT_URL` the database: the logs take the direct way. */
describe.skipIf(missing !== undefined)('behind a transaction pooler', () => {
  let pooler: Pgbouncer;
  beforeAll(async () => {
    pooler = await Pgbouncer.start(inject('postgresUrl'));
  });
  afterAll(() => pooler.stop());

  async function open() {
    const source = await dataSourceOf(pooler.url, { poolSize: 12, isPooled: true }).initialize();
    const postgres = new Postgres(inject('postgresUrl'));
    const random = new CryptoRandom();
    const roomLog = new PostgresRoomLog(postgres, random);
    return {
      store: new PostgresStore(source),
      roomLog,
      userLog: new PostgresUserLog(postgres, random),
      close: async () => {
        await roomLog.close();
        await postgres.close();
        await source.destroy();
      },
    };
  }

  storeContract('PostgreSQL behind pgbouncer', open);
  userLogContract('PostgreSQL beside pgbouncer', open);
  roomLogContract('PostgreSQL beside pgbouncer', open);

  it('statements end after their time although no connection could be told so', async () => {
    const source = await dataSourceOf(pooler.url, { poolSize: 2, isPooled: true }).initialize();
    const store = new PostgresStore(source);
    const id = `t-${randomUUID()}`;
    await store.platform((tx) => tx.tenants.insert({ id, name: id, settings: DEFAULT_TENANT_SETTINGS }));
    const held = source.createQueryRunner();
    await held.startTransaction();
    await held.query('SELECT FROM tenants WHERE id = $1 FOR UPDATE', [id]);
    const from = performance.now();
    await expect(store.platform((tx) => tx.tenants.update(id, { name: 'x' }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - from).toBeLessThan(4_000);
    await held.rollbackTransaction();
    await held.release();
    await source.destroy();
  });
});
