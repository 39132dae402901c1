import { randomBytes } from 'node:crypto';
import type { BusMessage, Channel, ReceiptEvent } from '@parley/domain';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../config/redis-url.js';
import { RedisServer, whyNoRedis } from '../../testing/redis-server.js';
import { until } from '../../testing/until.js';
import { decodeMessages, encodeMessages, RedisBus } from './redis-bus.js';

/** With some to spare for a busy machine. */
const SOON_MS = 10_000;

const receipt = (roomNo: number, seq: number): BusMessage => {
  const event: ReceiptEvent = {
    type: 'message.read',
    tenantId: 'acme',
    roomNo,
    roomId: `room-${roomNo}`,
    user: { no: 1, id: 'ann', name: 'Ann' },
    seq,
    at: new Date('2026-11-21T10:00:00.123Z'),
  };
  return { kind: 'notice', event };
};

describe('a message between nodes', () => {
  it('comes out as it went in: dates are dates, and what only looks like one is not', () => {
    const odd = {
      $date: '2026-11-21',
      list: [new Date(5), null, '2026-11-21T10:00:00.123Z'],
      gone: undefined,
      big: 2 ** 40,
      text: '\u{1F600}',
    };
    const messages = [receipt(1, 2), { kind: 'notice', event: odd } as unknown as BusMessage];
    expect(decodeMessages(encodeMessages(randomBytes(16), messages))).toEqual(messages);
  });

  it('that cannot be read is none', () => {
    expect(decodeMessages(Buffer.concat([randomBytes(16), Buffer.from([0xc1, 0xc1])]))).toEqual([]);
    expect(decodeMessages(Buffer.concat([randomBytes(16), Buffer.from([0x07])]))).toEqual([]);
  });
});

const missing = whyNoRedis();
if (missing !== undefined) process.stderr.write(`redis-bus: NOT tried: ${missing}\n`);

describe.skipIf(missing !== undefined)('nodes on one Redis', () => {
  let redis: RedisServer;
  const open: RedisBus[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    for (const bus of open.splice(0)) await bus.close();
  });
  afterAll(() => redis.stop());

  async function aNode(prefix = 'parley:test') {
    const place = parseRedisUrl(redis.url);
    if (!place) throw new Error('no place');
    const notes: string[] = [];
    const bus = new RedisBus(place, prefix, (note) => notes.push(note));
    open.push(bus);
    const heard: BusMessage[] = [];
    bus.receive((message) => heard.push(message));
    await until('the link carries', () => bus.state === 'up', SOON_MS);
    return { bus, heard, notes };
  }

  type Node = Awaited<ReturnType<typeof aNode>>;

  /** The message is sent until it comes: a subscription is on its way at first. */
  const untilHears = (to: Node, from: Node, channel: Channel, message: BusMessage): Promise<unknown> =>
    until(
      `a message on ${channel} comes`,
      () => {
        from.bus.send(channel, message);
        return to.heard.length > 0;
      },
      SOON_MS,
    );

  it('hear what is for all, what they follow, and nothing of their own', async () => {
    const [a, b, c] = [await aNode(), await aNode(), await aNode()];
    b.bus.follow('room/acme/1');
    b.bus.follow('user/acme/9');
    c.bus.follow('room/acme/2');
    await untilHears(b, a, 'room/acme/1', receipt(1, 0));
    await untilHears(c, a, 'room/acme/2', receipt(2, 0));
    a.bus.send('room/acme/1', receipt(1, 1));
    a.bus.send('room/acme/2', receipt(2, 1));
    a.bus.send('user/acme/9', receipt(3, 1));
    a.bus.send('room/acme/3', receipt(4, 1));
    a.bus.send('all', receipt(5, 1));
    await until('both hear what is for all', () => [b, c].every(({ heard }) => heard.some((one) => roomOf(one) === 5)), SOON_MS);
    // Of the first ones it is unknown how often they were sent.
    const later = [a, b, c].map(({ heard }) => heard.filter((one) => seqOf(one) === 1));
    expect(later.map((heard) => heard.map(roomOf))).toEqual([[], [1, 3, 5], [2, 5]]);
    expect(later[1]?.[0]).toEqual(receipt(1, 1));
  });

  it('keep the order of one channel, and follow no longer where they said so', async () => {
    const [a, b] = [await aNode(), await aNode()];
    b.bus.follow('room/acme/1');
    await untilHears(b, a, 'room/acme/1', receipt(1, 0));
    for (let seq = 1; seq <= 500; seq += 1) {
      a.bus.send('room/acme/1', receipt(1, seq));
      if (seq % 50 === 0) await new Promise((done) => setImmediate(done));
    }
    const later = () => b.heard.map(seqOf).filter((seq) => seq > 0);
    await until('all came', () => later().length === 500, SOON_MS);
    expect(later()).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    b.bus.unfollow('room/acme/1');
    b.bus.follow('room/acme/2');
    b.bus.unfollow('room/acme/2');
    b.heard.length = 0;
    await until(
      'b hears what is for all and no more of the room',
      () => {
        const before = b.heard.length;
        a.bus.send('room/acme/1', receipt(1, 501));
        a.bus.send('all', receipt(9, before));
        return b.heard.slice(-3).length === 3 && b.heard.slice(-3).every((one) => roomOf(one) === 9);
      },
      SOON_MS,
    );
  });

  it('go on after a message that one of their parts cannot take, and say so once', async () => {
    const [a, b] = [await aNode(), await aNode()];
    b.bus.receive((message) => {
      if (roomOf(message) === 1) throw new Error('never heard of it');
    });
    const last: BusMessage[] = [];
    b.bus.receive((message) => last.push(message));
    for (const roomNo of [1, 1, 2]) a.bus.send('all', receipt(roomNo, 1));
    await until('all came', () => last.length === 3, SOON_MS);
    expect(b.heard.map(roomOf)).toEqual([1, 1, 2]);
    expect(b.notes.filter((note) => note.includes('not understood'))).toHaveLength(1);
  });

  it('know nothing of another installation on the same Redis', async () => {
    const [a, stranger, b] = [await aNode(), await aNode('parley:other'), await aNode()];
    a.bus.send('all', receipt(1, 1));
    await until('b hears', () => b.heard.length === 1, SOON_MS);
    expect(stranger.heard).toEqual([]);
  });

  it('say so when Redis is gone or stands still, and hear again when it is back', async () => {
    const [a, b] = [await aNode(), await aNode()];
    b.bus.follow('room/acme/1');
    let isBack = 0;
    b.bus.whenBack(() => (isBack += 1));
    redis.pause();
    await until('both know', () => a.bus.state === 'down' && b.bus.state === 'down', SOON_MS);
    a.bus.send('room/acme/1', receipt(1, 1));
    redis.resume();
    await until('both know', () => a.bus.state === 'up' && b.bus.state === 'up', SOON_MS);
    await redis.kill();
    await until('both know again', () => a.bus.state === 'down' && b.bus.state === 'down', SOON_MS);
    await redis.restart();
    await until('both are back', () => a.bus.state === 'up' && b.bus.state === 'up', SOON_MS);
    expect(isBack).toBe(2);
    b.heard.length = 0;
    await untilHears(b, a, 'room/acme/1', receipt(1, 2));
    expect(b.notes.filter((note) => note.endsWith('again'))).toHaveLength(2);
  }, 60_000);

  it('hear again after their subscriptions were cut (F17)', async () => {
    const [a, b] = [await aNode(), await aNode()];
    b.bus.follow('room/acme/1');
    for (let turn = 0; turn < 3; turn += 1) {
      redis.command('client', 'kill', 'type', 'pubsub');
      b.heard.length = 0;
      await untilHears(b, a, 'room/acme/1', receipt(1, turn));
    }
  });
});

const eventOf = (message: BusMessage): ReceiptEvent => {
  if (message.kind !== 'notice' || !('seq' in message.event)) throw new Error('another kind');
  return message.event;
};
const roomOf = (message: BusMessage): number => eventOf(message).roomNo;
const seqOf = (message: BusMessage): number => eventOf(message).seq;
