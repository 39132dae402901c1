import { inject } from 'vitest';
import { dataSourceOf } from '../adapters/postgres/schema.js';
import { Postgres } from '../adapters/postgres/postgres.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { PostgresRoomLog } from '../adapters/room-log/postgres-room-log.js';
import { PostgresStore } from '../adapters/store/postgres-store.js';
import { PostgresUserLog } from '../adapters/user-log/postgres-user-log.js';

/** The ports on the real PostgreSQL of the run. */
export async function openPostgres() {
  const url = inject('postgresUrl');
  const source = await dataSourceOf(url, { poolSize: 6 }).initialize();
  const postgres = new Postgres(url);
  const random = new CryptoRandom();
  const roomLog = new PostgresRoomLog(postgres, random);
  return {
    postgres,
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
