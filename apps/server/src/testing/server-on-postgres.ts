import type { Passwords } from '@parley/domain';
import { PlainPasswords } from '@parley/domain/testing';
import { HmacCursors } from '../adapters/cursors/hmac-cursors.js';
import { NoBus } from '../adapters/bus/no-bus.js';
import { SocketFanout } from '../adapters/fanout/socket-fanout.js';
import { HttpNodeProbe } from '../adapters/node-probe/http-node-probe.js';
import { Postgres } from '../adapters/postgres/postgres.js';
import { dataSourceOf } from '../adapters/postgres/schema.js';
import { MemoryPresence } from '../adapters/presence/memory-presence.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { MemoryRateLimiter } from '../adapters/rate-limiter/memory-rate-limiter.js';
import { PostgresRoomLog } from '../adapters/room-log/postgres-room-log.js';
import { AesSecretBox } from '../adapters/secret-box/aes-secret-box.js';
import { PostgresStore } from '../adapters/store/postgres-store.js';
import { PostgresUserLog } from '../adapters/user-log/postgres-user-log.js';
import { PassportUserTokens } from '../adapters/user-tokens/passport-user-tokens.js';
import { LiveFacts } from '../wiring/server-facts.js';
import { MovableClock } from './movable-clock.js';
import { listening, TEST_SECRET_KEY, type TestServer, type TestServerOptions } from './test-server.js';

export interface PostgresServer extends TestServer {
  /** Rows as the owner of the database sees them. */
  query<R>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

/** The real server over the real PostgreSQL at this address; passwords are fast unless said otherwise. */
export async function serverOnPostgres(
  url: string,
  options: TestServerOptions & { readonly passwords?: Passwords } = {},
): Promise<PostgresServer> {
  const { passwords = new PlainPasswords(), ...rest } = options;
  const source = await dataSourceOf(url, { poolSize: 6 }).initialize();
  const postgres = new Postgres(url);
  const random = new CryptoRandom();
  const roomLog = new PostgresRoomLog(postgres, random);
  const facts = new LiveFacts({
    profile: 'embedded',
    schemaVersion: 'test',
    nodeId: random.uuid(),
    publicUrl: undefined,
    metricsToken: undefined,
    postgres,
    bus: new NoBus(),
    whyDatabaseDown: () => undefined,
  });
  facts.begin();
  const ports = {
    store: new PostgresStore(source),
    roomLog,
    userLog: new PostgresUserLog(postgres, random),
    fanout: new SocketFanout(random, new NoBus()),
    bus: new NoBus(),
    limiter: new MemoryRateLimiter(),
    presence: new MemoryPresence(),
    tokens: new PassportUserTokens(),
    nodeProbe: new HttpNodeProbe(),
    passwords,
    box: new AesSecretBox(TEST_SECRET_KEY),
    cursors: new HmacCursors(TEST_SECRET_KEY),
    random,
    clock: new MovableClock(),
  };
  const server = await listening(ports, { facts, ...rest });
  return {
    ...server,
    query: async (text, values = []) => source.query(text, [...values]),
    close: async () => {
      await server.close();
      await roomLog.close();
      await postgres.close();
      await source.destroy();
    },
  };
}
