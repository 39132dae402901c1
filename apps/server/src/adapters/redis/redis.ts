import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisPlace } from '../../config/redis-url.js';

const RECONNECT_MAX_MS = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** A single Redis or Valkey, one that Sentinel watches, or a cluster: the commands are the same. */
export type RedisClient = Redis | Cluster;

export interface LinkOptions {
  /** Commands wait for a link that is away; else they fail at once. */
  readonly isPatient: boolean;
  /** A command that is not answered within so many milliseconds fails. Default: never. */
  readonly commandTimeoutMs?: number;
}

/** Never gives up: a link that is lost is made again after 100, 200, … 2,000 ms. Who opens it listens to `error`. */
export function openRedis(place: RedisPlace, { isPatient, commandTimeoutMs }: LinkOptions): RedisClient {
  const retryStrategy = (times: number): number => Math.min(times * 100, RECONNECT_MAX_MS);
  const common: RedisOptions = {
    username: place.username,
    password: place.password,
    enableOfflineQueue: isPatient,
    maxRetriesPerRequest: isPatient ? null : 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    ...(place.isTls ? { tls: {} } : {}),
  };
  const [only] = place.hosts;
  switch (place.kind) {
    case 'single':
      return new Redis({ ...common, host: only?.host, port: only?.port, db: place.database, retryStrategy });
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: [...place.hosts],
        name: place.master,
        db: place.database,
        retryStrategy,
        sentinelRetryStrategy: retryStrategy,
        sentinelPassword: place.password,
        enableTLSForSentinelMode: place.isTls,
      });
    case 'cluster':
      return new Cluster([...place.hosts], {
        redisOptions: common,
        enableOfflineQueue: isPatient,
        clusterRetryStrategy: retryStrategy,
        shardedSubscribers: true,
        ...(place.isTls ? { dnsLookup: (address: string, done: (error: null, address: string) => void) => done(null, address) } : {}),
      });
  }
}
