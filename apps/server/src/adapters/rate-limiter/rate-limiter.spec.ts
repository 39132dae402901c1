import { randomUUID } from 'node:crypto';
import { rateLimiterContract } from '@parley/domain/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../config/redis-url.js';
import { RedisServer, whyNoRedis } from '../../testing/redis-server.js';
import { until } from '../../testing/until.js';
import { MemoryRateLimiter } from './memory-rate-limiter.js';
import { RedisRateLimiter } from './redis-rate-limiter.js';

rateLimiterContract('memory', async () => ({ limiter: new MemoryRateLimiter(() => 0), close: async () => undefined }));

const missing = whyNoRedis();
if (missing !== undefined) process.stderr.write(`rate limiter on Redis: NOT tried: ${missing}\n`);

describe.skipIf(missing !== undefined)('on Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  function open(): RedisRateLimiter {
    const place = parseRedisUrl(redis.url);
    if (!place) throw new Error('no place');
    return new RedisRateLimiter(place, 'parley:test');
  }

  rateLimiterContract('Redis', async () => {
    const limiter = open();
    return { limiter, close: () => limiter.close() };
  });

  const RATE = { burst: 100, perSecond: 0.001 };

  /** How many of so many calls were let through. */
  async function take(limiter: RedisRateLimiter, bucket: string, calls: number): Promise<number> {
    const waits = await Promise.all(Array.from({ length: calls }, () => limiter.take(bucket, RATE)));
    return waits.filter((wait) => wait === undefined).length;
  }

  it('what one node gave away the others have not to give', async () => {
    const [a, b] = [open(), open()];
    const bucket = randomUUID();
    expect(await take(a, bucket, 80)).toBe(80);
    await until('it is told', () => redis.command('keys', '*').includes(bucket), 5_000);
    // Half a bucket is what a node gives before it asks the others.
    expect(await take(b, bucket, 51)).toBe(51);
    await until('b knows', async () => (await b.take(bucket, RATE, 0.001)) !== undefined, 5_000);
    await until('a knows', async () => (await a.take(bucket, RATE, 0.001)) !== undefined, 5_000);
    expect(Number(redis.command('pttl', `parley:test/rate/${bucket}`))).toBeGreaterThan(0);
    await Promise.all([a.close(), b.close()]);
  });

  it('a bucket that is hardly touched is nobody else’s matter', async () => {
    const a = open();
    const [quiet, busy] = [randomUUID(), randomUUID()];
    expect(await take(a, quiet, 40)).toBe(40);
    expect(await take(a, busy, 60)).toBe(60);
    await until('the busy one is told', () => redis.command('keys', '*').includes(busy), 5_000);
    expect(redis.command('keys', '*')).not.toContain(quiet);
    await a.close();
  });

  it('a bucket that was told and has filled up half again is charged once for what was taken', async () => {
    const a = open();
    const bucket = randomUUID();
    const rate = { burst: 100, perSecond: 20 };
    const tokens = (): number => Number(redis.command('hget', `parley:test/rate/${bucket}`, 'tokens'));
    await a.take(bucket, rate, 60);
    await until('it has filled up half again', () => tokens() > 55, 5_000);
    await a.take(bucket, rate, 30);
    await until('that is told too', () => tokens() < 50, 5_000);
    expect(tokens()).toBeGreaterThan(20);
    await a.close();
  });

  it('goes on by itself when Redis stands still, without waiting for it (F15)', async () => {
    const a = open();
    const bucket = randomUUID();
    expect(await take(a, bucket, 60)).toBe(60);
    await until('it is told', () => redis.command('keys', '*').includes(bucket), 5_000);
    redis.pause();
    const from = performance.now();
    expect(await take(a, bucket, 60)).toBe(40);
    expect(performance.now() - from).toBeLessThan(500);
    redis.resume();
    await a.close();
  });
});
