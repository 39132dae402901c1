import { randomUUID } from 'node:crypto';
import type { PresenceHere, UserKey } from '@parley/domain';
import { presenceStoreContract } from '@parley/domain/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../config/redis-url.js';
import { RedisServer, whyNoRedis } from '../../testing/redis-server.js';
import { until } from '../../testing/until.js';
import { MemoryPresence } from './memory-presence.js';
import { RedisPresence } from './redis-presence.js';

/** The contract speaks of two nodes. Here is but one process: what it said last holds. */
describe('PresenceStore: memory of one process', () => {
  const user: UserKey = { tenantId: 'acme', userNo: 7 };
  it('keeps the last word, and when it was said', async () => {
    const store = new MemoryPresence();
    expect(await store.of([user])).toEqual([{ connections: 0, isActive: false, at: new Date(0), isWhole: true }]);
    for (const [connections, isActive] of [
      [2, true],
      [1, false],
      [0, false],
    ] as const) {
      const at = new Date(3_000 - connections);
      await store.put([{ user, connections, isActive, at }]);
      expect(await store.of([{ tenantId: 'other', userNo: 7 }, user])).toMatchObject([
        { connections: 0, at: new Date(0) },
        { connections, isActive, at, isWhole: true },
      ]);
    }
  });
});

const missing = whyNoRedis();
if (missing !== undefined) process.stderr.write(`presence on Redis: NOT tried: ${missing}\n`);

describe.skipIf(missing !== undefined)('on Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  async function open(prefix = 'parley:test'): Promise<RedisPresence> {
    const place = parseRedisUrl(redis.url);
    if (!place) throw new Error('no place');
    const store = new RedisPresence(place, prefix);
    await until('it has a link', async () => (await store.of([someone()]))[0]?.isWhole === true, 5_000);
    return store;
  }
  const someone = (): UserKey => ({ tenantId: `t-${randomUUID()}`, userNo: 7 });
  const here = (user: UserKey, connections: number): PresenceHere => ({ user, connections, isActive: true, at: new Date(1_000) });

  presenceStoreContract('Redis', async () => {
    const nodes = [await open(), await open()] as const;
    return { nodes, close: async () => void (await Promise.all(nodes.map((node) => node.close()))) };
  });

  it('a node that says no more that it lives takes its users along, and brings them back when it does', async () => {
    const b = await open();
    await b.keep();
    const lives = () => new Set(redis.command('keys', 'parley:test/node/*').trim().split('\n'));
    const before = lives();
    const a = await open();
    const user = someone();
    await a.put([here(user, 2)]);
    expect((await b.of([user]))[0]?.connections).toBe(2);
    // As if 15 s had passed for one of them.
    for (const key of [...lives()].filter((key) => !before.has(key))) redis.command('del', key);
    await until('it is found out', async () => (await b.of([user]))[0]?.connections === 0, 5_000);
    const [gone] = await b.of([user]);
    expect(gone).toMatchObject({ isWhole: true, isActive: false });
    expect(gone?.at.getTime()).toBeGreaterThan(1_000);
    await until('what it said is swept', () => redis.command('hlen', `parley:test/presence/${user.tenantId}/7`).trim() === '1', 5_000);
    await a.keep();
    await until('it is there again', async () => (await b.of([user]))[0]?.connections === 2, 5_000);
    expect(Number(redis.command('ttl', `parley:test/presence/${user.tenantId}/7`))).toBeGreaterThan(80_000);
    await a.close();
    await until('it said goodbye', async () => (await b.of([user]))[0]?.connections === 0, 12_000);
    await b.close();
  }, 30_000);

  it('is filled again after it was emptied (F14)', async () => {
    const [a, b] = [await open(), await open()];
    const user = someone();
    await a.put([here(user, 1)]);
    await b.keep();
    redis.command('flushall');
    expect((await b.of([user]))[0]).toMatchObject({ connections: 0, isWhole: false });
    await Promise.all([a.keep(), b.keep()]);
    await until('it is there again', async () => (await b.of([user]))[0]?.connections === 1, 5_000);
    // Another node may not have said so yet.
    expect((await b.of([user]))[0]?.isWhole).toBe(false);
    await until('everybody has had the time', async () => (await b.of([user]))[0]?.isWhole === true, 10_000);
    await Promise.all([a.close(), b.close()]);
  }, 20_000);

  it('forgets who left while it could not be told (a link that broke)', async () => {
    const [a, b] = [await open(), await open()];
    await Promise.all([a.keep(), b.keep()]);
    const [user, other] = [someone(), someone()];
    await a.put([here(user, 1), here(other, 1)]);
    redis.pause();
    await a.put([here(user, 0)]);
    redis.resume();
    await until(
      'it is known',
      async () => {
        await a.keep();
        const [gone, there] = await b.of([user, other]);
        return gone?.connections === 0 && there?.connections === 1;
      },
      10_000,
    );
    await Promise.all([a.close(), b.close()]);
  }, 20_000);

  it('answers what this node knows when Redis stands still or is gone, and says so; later all of it (F15)', async () => {
    const [a, b] = [await open(), await open()];
    const [ann, bo] = [someone(), someone()];
    await a.put([here(ann, 1)]);
    await b.put([here(ann, 1)]);
    redis.pause();
    const from = performance.now();
    await a.put([here(bo, 3)]);
    expect(await a.of([ann, bo])).toMatchObject([
      { connections: 1, isWhole: false },
      { connections: 3, isWhole: false },
    ]);
    expect(performance.now() - from).toBeLessThan(4_000);
    redis.resume();
    await redis.kill();
    expect((await a.of([ann]))[0]).toMatchObject({ connections: 1, isWhole: false });
    await redis.restart();
    await until(
      'it is told again',
      async () => {
        await Promise.all([a.keep(), b.keep()]);
        const [first, second] = await b.of([ann, bo]);
        return first?.connections === 2 && second?.connections === 3;
      },
      10_000,
    );
    await Promise.all([a.close(), b.close()]);
  }, 30_000);

  it('knows nothing of another installation', async () => {
    const [a, stranger] = [await open(), await open('parley:other')];
    const user = someone();
    await a.put([here(user, 1)]);
    expect((await stranger.of([user]))[0]?.connections).toBe(0);
    await Promise.all([a.close(), stranger.close()]);
  });
});
