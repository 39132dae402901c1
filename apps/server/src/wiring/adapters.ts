import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Bus, PresenceStore, RateLimiter } from '@parley/domain';
import type { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { DatabaseClock } from '../adapters/clock/database-clock.js';
import { NoBus } from '../adapters/bus/no-bus.js';
import { RedisBus } from '../adapters/bus/redis-bus.js';
import { HmacCursors } from '../adapters/cursors/hmac-cursors.js';
import { SocketFanout } from '../adapters/fanout/socket-fanout.js';
import { HttpNodeProbe } from '../adapters/node-probe/http-node-probe.js';
import { Argon2Passwords } from '../adapters/passwords/argon2-passwords.js';
import { EmbeddedPostgres } from '../adapters/postgres/embedded-postgres.js';
import { Postgres } from '../adapters/postgres/postgres.js';
import { dataSourceOf, migrate, newerSchema, schemaState } from '../adapters/postgres/schema.js';
import { MemoryPresence } from '../adapters/presence/memory-presence.js';
import { RedisPresence } from '../adapters/presence/redis-presence.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { MemoryRateLimiter } from '../adapters/rate-limiter/memory-rate-limiter.js';
import { RedisRateLimiter } from '../adapters/rate-limiter/redis-rate-limiter.js';
import { PostgresRoomLog } from '../adapters/room-log/postgres-room-log.js';
import { AesSecretBox } from '../adapters/secret-box/aes-secret-box.js';
import { PostgresStore } from '../adapters/store/postgres-store.js';
import { PassportUserTokens } from '../adapters/user-tokens/passport-user-tokens.js';
import { PostgresUserLog } from '../adapters/user-log/postgres-user-log.js';

export type Note = (text: string) => void;

/** The database a server stands on, whoever runs it. */
export interface Database {
  readonly url: string;
  readonly directUrl: string;
  whyDown(): string | undefined;
  stop(): Promise<void>;
}

export async function openDatabase(config: Config, note: Note): Promise<Database> {
  const { database } = config;
  switch (database.technology) {
    case 'external':
      return { url: database.url, directUrl: database.directUrl, whyDown: () => undefined, stop: async () => undefined };
    case 'embedded': {
      const embedded = new EmbeddedPostgres(database.directory, note);
      const url = await embedded.start();
      return { url, directUrl: url, whyDown: () => embedded.whyDown(), stop: () => embedded.stop() };
    }
  }
}

/** Brings the schema up to date where that is this process's task; refuses to run on one that is not. */
export async function requireSchema(config: Config, database: Database, source: DataSource): Promise<string> {
  let state = await schemaState(source);
  if (state.isNewer) throw new Error(newerSchema(state));
  if (state.pending.length > 0) {
    if (!config.migrateAtStart) throw new Error(`the database lacks ${state.pending.length} migration(s): run chatctl migrate up`);
    await migrate(database.directUrl);
    state = await schemaState(source);
  }
  return state.current ?? '';
}

/** Every port with its technology. */
export interface Adapters {
  readonly source: DataSource;
  readonly postgres: Postgres;
  readonly store: PostgresStore;
  readonly roomLog: PostgresRoomLog;
  readonly userLog: PostgresUserLog;
  readonly fanout: SocketFanout;
  readonly bus: Bus;
  readonly limiter: RateLimiter;
  readonly presence: PresenceStore;
  readonly tokens: PassportUserTokens;
  readonly nodeProbe: HttpNodeProbe;
  readonly passwords: Argon2Passwords;
  readonly box: AesSecretBox;
  readonly cursors: HmacCursors;
  readonly random: CryptoRandom;
  readonly clock: DatabaseClock;
  /** Answers of `Idempotency-Key` calls are kept for 24 hours. */
  forgetOldAnswers(): Promise<void>;
  close(): Promise<void>;
}

export function createAdapters(config: Config, database: Database, source: DataSource, note: Note = () => undefined): Adapters {
  const random = new CryptoRandom();
  const postgres = new Postgres(database.directUrl);
  const roomLog = new PostgresRoomLog(postgres, random, {
    afterMessages: failpoint(config.failpoint),
    onLostTail: (rooms) => note(`the database came back with less than was acknowledged: ${rooms} room(s) start a new epoch`),
  });
  const secretKey = config.secretKey ?? ownSecretKey(config.dataDir);
  // Installations that share one Redis have different secrets and so never meet in it.
  const prefix = `parley:${digestOf(`redis ${secretKey}`).slice(0, 12)}`;
  const redis = config.redis && {
    bus: new RedisBus(config.redis, prefix, note),
    limiter: new RedisRateLimiter(config.redis, prefix),
    presence: new RedisPresence(config.redis, prefix),
  };
  const bus = redis?.bus ?? new NoBus();
  return {
    source,
    postgres,
    random,
    roomLog,
    store: new PostgresStore(source),
    userLog: new PostgresUserLog(postgres, random),
    fanout: new SocketFanout(random, bus),
    bus,
    limiter: redis?.limiter ?? new MemoryRateLimiter(),
    presence: redis?.presence ?? new MemoryPresence(),
    tokens: new PassportUserTokens(),
    nodeProbe: new HttpNodeProbe(),
    passwords: new Argon2Passwords(),
    box: new AesSecretBox(secretKey),
    cursors: new HmacCursors(secretKey),
    clock: new DatabaseClock(async () => {
      const [row] = await postgres.log<{ now: Date }>('clock', 'SELECT clock_timestamp() AS now', []);
      return row?.now ?? new Date();
    }),
    forgetOldAnswers: async () => {
      await source.query(
        `DELETE FROM remembered_answers WHERE ctid = ANY (ARRAY(SELECT ctid FROM remembered_answers WHERE created_at < now() - interval '24 hours' LIMIT 10000))`,
      );
    },
    close: async () => {
      await redis?.bus.close();
      await redis?.limiter.close();
      await redis?.presence.close();
      await roomLog.close();
      await postgres.close().catch(() => undefined);
      await source.destroy().catch(() => undefined);
    },
  };
}

export { dataSourceOf };

/** The embedded profile makes its own root of encryption, once. */
function ownSecretKey(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'secret.key');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  chmodSync(path, 0o600);
  return readFileSync(path, 'utf8').trim();
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Tests only (F2): the process dies after the n-th commit of messages, before anybody is told. */
function failpoint(spec: string | undefined): (() => void) | undefined {
  if (spec === undefined) return undefined;
  let left = Number(spec.split(':')[1]);
  return () => {
    left -= 1;
    if (left <= 0) process.kill(process.pid, 'SIGKILL');
  };
}
