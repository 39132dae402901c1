import type { BusMessage } from '@parley/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../config/redis-url.js';
import { RedisServer, whyNoRedis } from '../../testing/redis-server.js';
import { until } from '../../testing/until.js';
import { RedisBus } from '../bus/redis-bus.js';
import { RedisRateLimiter } from '../rate-limiter/redis-rate-limiter.js';

const SOON_MS = 20_000;
const PREFIX = 'parley:test';
const RATE = { burst: 100, perSecond: 0.001 };

const missing = whyNoRedis();
if (missing !== undefined) process.stderr.write(`Redis by Sentinel and in a cluster: NOT tried: ${missing}\n`);

function placeOf(url: string) {
  const place = parseRedisUrl(url);
  if (!place) throw new Error(`no place: ${url}`);
  return place;
}

async function aNode(url: string) {
  const bus = new RedisBus(placeOf(url), PREFIX, () => undefined);
  const heard: number[] = [];
  bus.receive((message) => {
    if (message.kind === 'notice' && 'seq' in message.event) heard.push(message.event.seq);
  });
  await until('the link carries', () => bus.state === 'up', SOON_MS);
  return { bus, heard };
}

const receipt = (seq: number): BusMessage => ({
  kind: 'notice',
  event: {
    type: 'message.read',
    tenantId: 'acme',
    roomNo: 1,
    roomId: 'crew',
    user: { no: 1, id: 'ann', name: 'Ann' },
    seq,
    at: new Date(0),
  },
});

/** Messages of many rooms, which a cluster keeps in different places. */
async function expectRoomsHeard(a: Awaited<ReturnType<typeof aNode>>, b: Awaited<ReturnType<typeof aNode>>): Promise<void> {
  const rooms = Array.from({ length: 30 }, (_, index) => `room/acme/${index + 1}` as const);
  for (const room of rooms) b.bus.follow(room);
  await until(
    'b hears of every room',
    () => {
      for (const [index, room] of rooms.entries()) if (!b.heard.includes(index)) a.bus.send(room, receipt(index));
      return rooms.every((_, index) => b.heard.includes(index));
    },
    SOON_MS,
  );
  a.bus.send('all', receipt(1_000));
  await until('b hears what is for all', () => b.heard.includes(1_000), SOON_MS);
}

describe.skipIf(missing !== undefined)('Redis in a cluster', () => {
  let servers: readonly RedisServer[] = [];
  let url: string;
  beforeAll(async () => {
    servers = await RedisServer.startCluster();
    url = `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }, 60_000);
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  it('carries events of every room, by the shard that has its channel', async () => {
    const [a, b] = [await aNode(url), await aNode(url)];
    await expectRoomsHeard(a, b);
    const shards = servers.map((server) => server.command('pubsub', 'shardchannels').split('\n').filter(Boolean).length);
    expect(shards.filter((count) => count > 0)).toHaveLength(3);
    for (const { bus } of [a, b]) await bus.close();
  }, 60_000);

  it('keeps buckets', async () => {
    const limiter = new RedisRateLimiter(placeOf(url), PREFIX);
    for (let call = 0; call < 60; call += 1) await limiter.take('user/acme/1', RATE);
    await until('it is told', () => servers.some((server) => server.command('keys', '*').includes('user/acme/1')), SOON_MS);
    await limiter.close();
  });
});

describe.skipIf(missing !== undefined)('Redis watched by Sentinel', () => {
  it('is found by its name, and found again after a failover', async () => {
    const master = await RedisServer.start();
    const replica = await RedisServer.start(['--replicaof', '127.0.0.1', String(master.port)]);
    const sentinel = await RedisServer.startSentinel('main', master);
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/main`;
    const [a, b] = [await aNode(url), await aNode(url)];
    await expectRoomsHeard(a, b);
    await until('the replica is known', () => sentinel.command('sentinel', 'replicas', 'main').includes(String(replica.port)), SOON_MS);
    await master.kill();
    await until(
      'the link carries over the other',
      () => replica.command('role').startsWith('master') && [a, b].every(({ bus }) => bus.state === 'up'),
      40_000,
    );
    b.heard.length = 0;
    await expectRoomsHeard(a, b);
    for (const { bus } of [a, b]) await bus.close();
    for (const server of [sentinel, replica, master]) await server.stop();
  }, 120_000);
});
