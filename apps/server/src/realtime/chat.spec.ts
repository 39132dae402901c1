import { randomUUID } from 'node:crypto';
import { Connections, RoomLog, Store, SyncService, UserLog, type MessageEntry } from '@parley/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BEACON_PARTS } from '../adapters/fanout/head-beacon.js';
import { ask } from '../testing/ask.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser, type Ack, type Envelope } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory({ tenantDefaults: { sendsPerSecond: 100_000, sendBurst: 100_000 } });
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const draft = (text: string) => ({ roomId: 'crew', clientMessageId: text, text });
const messageOf = (ack: Ack) => ack.message as { id: string; seq: number; pts: number; text: string };
const numbered = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}`);

/** What an app keeps of one room: each position once, in order; a hole is filled by `sync`. */
class Reader {
  pts = 0;
  readonly texts: string[] = [];

  apply(event: Envelope): void {
    const { pts = 0, data } = event;
    if (pts <= this.pts) return;
    expect(pts).toBe(this.pts + 1);
    this.pts = pts;
    if (event.type === 'message.created' && data?.message?.text !== undefined) this.texts.push(data.message.text);
  }

  /** Everything that came, from a point on; where the replay was not whole, the rest by difference first. */
  async read(user: SocketUser): Promise<void> {
    const ofRoom = user.seen.map(({ data }) => data).filter(({ roomId, pts }) => roomId === 'crew' && pts !== undefined);
    for (const event of ofRoom) {
      if ((event.pts ?? 0) > this.pts + 1) await this.sync(user);
      this.apply(event);
    }
  }

  async sync(user: SocketUser): Promise<void> {
    for (let isComplete = false; !isComplete;) {
      const { rooms } = (await user.ask('sync', { rooms: [{ roomId: 'crew', afterPts: this.pts }] })) as unknown as {
        rooms: [{ events: Envelope[]; pts: number; complete: boolean }];
      };
      for (const event of rooms[0].events) this.apply(event);
      isComplete = rooms[0].complete;
    }
  }
}

describe('a send', () => {
  it('reaches every socket of every member, by REST and by socket, and nobody else', async () => {
    const people = [scene.owner, scene.owner, scene.member, scene.stranger, scene.foreigner].map((token) =>
      SocketUser.enter(server.url, token),
    );
    const [ann, ann2, bo, cy, zed] = (await Promise.all(people)) as [SocketUser, SocketUser, SocketUser, SocketUser, SocketUser];
    const ack = await ann.ask('message.send', draft('by socket'));
    expect(ack).toMatchObject({ ok: true, deduplicated: false });
    const sent = await ask(server.url, 'POST', '/v1/rooms/crew/messages', {
      token: scene.member,
      body: { clientMessageId: 'r', text: 'by REST' },
    });
    for (const user of [ann, ann2, bo]) {
      await user.see('message.created', ({ data }) => data?.message?.id === (sent.body.message as { id: string }).id);
      expect(user.texts).toEqual(['by socket', 'by REST']);
    }
    expect(await ann.ask('message.send', draft('by socket'))).toMatchObject({
      ok: true,
      deduplicated: true,
      message: { id: messageOf(ack).id },
    });
    expect([cy.texts, zed.texts]).toEqual([[], []]);
    for (const user of [ann, ann2, bo, cy, zed]) user.leave();
  });

  it('keeps the order of what one client sent without waiting', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    const order: string[] = [];
    const acks = await Promise.all(
      numbered(1, 100).map(async (text) => {
        const ack = await ann.ask('message.send', draft(text));
        order.push(text);
        return messageOf(ack);
      }),
    );
    expect(order).toEqual(numbered(1, 100));
    expect(acks.map(({ seq }) => seq)).toEqual(acks.map((_, index) => (acks[0]?.seq ?? 0) + index));
    await until('all events', () => ann.texts.length === 100);
    expect(ann.texts).toEqual(numbered(1, 100));
    ann.leave();
  });

  it('and everything else work by polling alone', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner, { transports: ['polling'] });
    const bo = await SocketUser.enter(server.url, scene.member, { transports: ['polling', 'websocket'] });
    expect(ann.ready.rooms.map(({ roomId }) => roomId)).toContain('crew');
    for (const text of numbered(1, 20)) await ann.ask('message.send', draft(text));
    await until('all events', () => ann.texts.length === 20 && bo.texts.length === 20);
    expect([ann.texts, bo.texts]).toEqual([numbered(1, 20), numbered(1, 20)]);
    expect(ann.socket.io.engine.transport.name).toBe('polling');
    await until('the upgrade', () => bo.socket.io.engine.transport.name === 'websocket');
    await ann.ask('message.send', draft('after'));
    await bo.see('message.created', ({ data }) => data?.message?.text === 'after');
    ann.leave();
    bo.leave();
  });
});

describe('G6: what was committed and never told', () => {
  it('is heard within 5 s by who only listens', async () => {
    const bo = await SocketUser.enter(server.url, scene.member);
    await server.seed.send(scene.tenantId, 'ann', 'crew', 'told');
    await bo.see('message.created');
    const { log, entry } = await entryOf('ann', 'silent');
    await log.append(entry);
    await until('the message', () => bo.texts.includes('silent'), 5_000);
    expect(bo.texts).toEqual(['told', 'silent']);
    bo.leave();
  });

  it('opens a room to who was let in, and closes the door to who was banned', async () => {
    const { app } = server.running;
    const cy = await SocketUser.enter(server.url, scene.stranger);
    const { log, entry } = await entryOf('ann', 'never said');
    const [user] = await app.get(Store).tenant(scene.tenantId, (tx) => tx.users.byIds(['cy']));
    if (!user) throw new Error('no cy');
    await log.change({
      room: entry.room,
      by: { kind: 'system', id: 'elsewhere' },
      changes: [{ type: 'member.joined', userNo: user.no, role: 'member' }],
      tells: [{ userNo: user.no, type: 'room.entered' }],
    });
    await cy.see('room.entered');
    const [connection] = app.get(Connections).of({ tenantId: scene.tenantId, userNo: user.no });
    await until('cy listens', () => connection?.rooms.size === cy.ready.rooms.length + 1, 5_000);
    await server.seed.send(scene.tenantId, 'ann', 'crew', 'for cy too');
    await until('the message', () => cy.texts.includes('for cy too'));
    await app.get(UserLog).change({
      user: { tenantId: scene.tenantId, userNo: user.no },
      by: { kind: 'system', id: 'elsewhere' },
      change: { type: 'user.banned', banId: randomUUID() },
    });
    await until('cy is shown out', () => cy.closed !== undefined, 5_000);
  });

  async function entryOf(userId: string, text: string) {
    const { app } = server.running;
    const { tenantId } = scene;
    const [ann] = await app.get(Store).tenant(tenantId, (tx) => tx.users.byIds([userId]));
    const facts = ann && (await app.get(Store).tenant(tenantId, (tx) => tx.rooms.sendFacts('crew', ann.no)));
    if (!facts) throw new Error('no facts');
    const { room, tenant, sender } = facts;
    const entry: MessageEntry = {
      room: { tenantId, roomNo: room.no, roomId: 'crew' },
      facts: { tenant: tenant.version, room: room.version, sender: sender.version },
      message: { id: randomUUID(), sender, clientMessageId: text, draft: text, type: 'text', text, mentions: [], metadata: {} },
    };
    return { log: app.get(RoomLog), entry };
  }
});

describe('session.ready', () => {
  it('holds back what is said while it is made, and tells what is said while its heads are read', async () => {
    const syncs = server.running.app.get(SyncService);
    const say = (text: string) => server.seed.send(scene.tenantId, 'ann', 'crew', text);
    const before = await say('before');
    const [readHeads, replay] = [syncs.start.bind(syncs), syncs.replay.bind(syncs)];
    const reading = vi.spyOn(syncs, 'start').mockImplementationOnce(async (actor) => {
      const heads = await readHeads(actor);
      await say('while the heads are read');
      return heads;
    });
    const replaying = vi.spyOn(syncs, 'replay').mockImplementationOnce(async (...args) => {
      const answer = await replay(...args);
      await say('while it is replayed');
      return answer;
    });
    const bo = await SocketUser.enter(server.url, scene.member, { resume: { rooms: { crew: before.pts } } });
    reading.mockRestore();
    replaying.mockRestore();
    await say('later');
    await until('three messages', () => bo.texts.length === 3);
    expect(bo.told).toEqual(['message.created', 'session.ready', 'message.created', 'message.created']);
    expect(bo.texts).toEqual(['while the heads are read', 'while it is replayed', 'later']);
    const [first, second] = bo.all('message.created');
    expect(bo.ready.rooms.find(({ roomId }) => roomId === 'crew')?.pts).toBe(first?.pts);
    expect(second?.pts).toBe((first?.pts ?? 0) + 1);
    bo.leave();
  });

  it('tells heads, and comes before anything newer while messages pour in', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    const pouring = (async () => {
      for (const text of numbered(1, 200)) await ann.ask('message.send', draft(text));
    })();
    const newcomers: SocketUser[] = [];
    while (newcomers.length < 8) {
      const { length } = newcomers;
      await until('some more messages', () => ann.texts.length >= length * 20);
      newcomers.push(await SocketUser.enter(server.url, scene.member));
    }
    await pouring;
    const head = ann.all('message.created').at(-1)?.pts ?? 0;
    for (const user of newcomers) {
      await user.see('message.created', ({ pts }) => pts === head);
      expect(user.seen[0]?.name).toBe('session.ready');
      const told = user.ready.rooms.find(({ roomId }) => roomId === 'crew')?.pts ?? 0;
      const newer = user
        .all('message.created')
        .map(({ pts = 0 }) => pts)
        .filter((pts) => pts > told);
      expect(newer).toEqual(Array.from({ length: head - told }, (_, index) => told + 1 + index));
      user.leave();
    }
    ann.leave();
  });

  it('after a replay leaves no message out and none twice, however the race goes', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    const began = (await ann.ask('room.get', { roomId: 'crew' })).room as { pts: number };
    const pouring = (async () => {
      for (const text of numbered(1, 200)) await ann.ask('message.send', draft(text));
    })();
    const users: SocketUser[] = [];
    for (let at = 0; at < 8; at += 1) {
      await until('some more messages', () => ann.texts.length >= at * 20);
      users.push(await SocketUser.enter(server.url, scene.member, { resume: { rooms: { crew: began.pts } } }));
    }
    await pouring;
    const head = ann.all('message.created').at(-1)?.pts ?? 0;
    for (const user of users) {
      const reader = new Reader();
      reader.pts = began.pts;
      if (!user.all('message.created').some(({ pts }) => pts === head)) await user.see('message.created', ({ pts }) => pts === head);
      await reader.read(user);
      expect(reader.texts).toEqual(numbered(1, 200));
      user.leave();
    }
    ann.leave();
  });
});

describe('resume', () => {
  it('replays what was missed of rooms and of the user, in order and before session.ready', async () => {
    const first = await SocketUser.enter(server.url, scene.member);
    const { userPts, rooms } = first.ready;
    first.leave();
    const pts = rooms.find(({ roomId }) => roomId === 'crew')?.pts ?? 0;
    for (const text of numbered(1, 5)) await server.seed.send(scene.tenantId, 'ann', 'crew', text);
    await server.seed.group(scene.tenantId, 'new-room', ['ann', 'bo']);
    const again = await SocketUser.enter(server.url, scene.member, { resume: { userPts, rooms: { crew: pts } } });
    expect(again.told).toEqual(['room.entered', ...numbered(1, 5).map(() => 'message.created'), 'session.ready']);
    expect(again.texts).toEqual(numbered(1, 5));
    expect(again.all('message.created').map((event) => event.pts)).toEqual([1, 2, 3, 4, 5].map((step) => pts + step));
    expect(again.ready.rooms.every(({ complete }) => complete)).toBe(true);
    expect(again.ready.userPts).toBe(userPts + 1);
    again.leave();
  });

  it('of more than it replays names the room as not complete, and sync does the rest', async () => {
    for (const text of numbered(1, 1_100)) await server.seed.send(scene.tenantId, 'ann', 'crew', text);
    const bo = await SocketUser.enter(server.url, scene.member, { resume: { rooms: { crew: 0 } } });
    expect(bo.ready.rooms.find(({ roomId }) => roomId === 'crew')).toMatchObject({ complete: false });
    const reader = new Reader();
    await reader.read(bo);
    expect(reader.texts.length).toBeLessThanOrEqual(1_000);
    await reader.sync(bo);
    expect(reader.texts.slice(1)).toEqual(numbered(1, 1_100));
    bo.leave();
  });

  it('of rooms one may not read, or that lie ahead, replays nothing and says so', async () => {
    const cy = await SocketUser.enter(server.url, scene.stranger, { resume: { rooms: { crew: 0, zoo: 0, nowhere: 0 } } });
    expect(cy.told).toEqual(['session.ready']);
    cy.leave();
    const bo = await SocketUser.enter(server.url, scene.member, { resume: { rooms: { crew: 1_000_000 } } });
    expect(bo.told).toEqual(['session.ready']);
    expect(bo.ready.rooms.find(({ roomId }) => roomId === 'crew')).toMatchObject({ complete: false });
    bo.leave();
  });

  it('that is no resume is refused at the door', async () => {
    for (const resume of [
      7,
      'x',
      [],
      { rooms: [] },
      { rooms: { crew: -1 } },
      { rooms: { crew: '1' } },
      { rooms: { 'a/b': 1 } },
      { other: 1 },
      { userPts: 1.5 },
    ])
      expect((await SocketUser.refused(server.url, { auth: { token: scene.owner, resume } })).code, JSON.stringify(resume)).toBe(
        'validation-failed',
      );
  });
});

describe('what is not in the log', () => {
  const everyBeacon = (): void => {
    for (let part = 0; part < BEACON_PARTS; part += 1) server.fanout.beacon();
  };

  it('the beacon tells heads of rooms that changed, once', async () => {
    const [ann, bo, cy] = await Promise.all(
      [scene.owner, scene.member, scene.stranger].map((token) => SocketUser.enter(server.url, token)),
    );
    const sent = messageOf((await ann?.ask('message.send', draft('last'))) ?? { ok: false });
    everyBeacon();
    expect(await bo?.see('room.head')).toEqual({ heads: [{ roomId: 'crew', epoch: 1, pts: sent.pts }], userPts: bo?.ready.userPts });
    everyBeacon();
    await ann?.ask('room.get', { roomId: 'crew' });
    expect([ann?.all('room.head').length, bo?.all('room.head').length, cy?.all('room.head').length]).toEqual([1, 1, 0]);
    for (const user of [ann, bo, cy]) user?.leave();
  });

  it('receipts are told at once, and what follows within a second by its last', async () => {
    for (const text of numbered(1, 30)) await server.seed.send(scene.tenantId, 'ann', 'crew', text);
    const [ann, bo] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.member)];
    const mark = async (seq: number) => (await bo.ask('receipt.mark', { roomId: 'crew', kind: 'read', seq })).readSeq;
    const began = performance.now();
    const marks = numbered(2, 31).map((_, index) => mark(index + 2));
    expect(await Promise.all(marks)).toEqual(marks.map((_, index) => index + 2));
    await ann.see('message.read', ({ data }) => data?.seq === 31);
    const told = ann.all('message.read').map(({ data }) => data?.seq);
    expect([told[0], told.at(-1)]).toEqual([2, 31]);
    expect(told.length).toBeLessThanOrEqual(2 + Math.floor((performance.now() - began) / 1_000));
    expect(await mark(3)).toBe(31);
    ann.leave();
    bo.leave();
  });

  it('a new profile reaches those who share a room with its user', async () => {
    const [bo, cy] = [await SocketUser.enter(server.url, scene.member), await SocketUser.enter(server.url, scene.stranger)];
    const ann = await SocketUser.enter(server.url, scene.owner);
    await ask(server.url, 'PATCH', '/v1/me', { token: scene.owner, body: { name: 'Anna' } });
    expect((await bo.see('user.updated')).data).toMatchObject({ user: { id: 'ann', name: 'Anna' } });
    await ann.see('user.updated');
    expect(cy.all('user.updated')).toEqual([]);
    for (const user of [ann, bo, cy]) user.leave();
  });

  it('a channel is received by who subscribes, until it unsubscribes', async () => {
    const [ann, cy] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.stranger)];
    const say = (text: string) => ann.ask('message.send', { ...draft(text), roomId: 'plaza' });
    await say('before');
    expect((await cy.ask('room.subscribe', { roomId: 'plaza' })).ok).toBe(true);
    await say('during');
    await cy.see('message.created');
    expect((await cy.ask('room.unsubscribe', { roomId: 'plaza' })).ok).toBe(true);
    await say('after');
    expect(cy.texts).toEqual(['during']);
    ann.leave();
    cy.leave();
  });
});
