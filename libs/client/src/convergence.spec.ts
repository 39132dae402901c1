import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dice } from './testing/dice.js';
import { refusal } from './testing/fake-server.js';
import { quiet } from './testing/manual-timers.js';
import { runs } from './testing/runs.js';
import { scheduledTimers, settle } from './testing/story-timers.js';
import { ME, World } from './testing/world.js';
import { unreadOf } from './room-state.js';

type Op = (world: World) => unknown;

const room = fc.constantFrom('a', 'b', 'c');
const other = fc.constantFrom('bo', 'cy');
const refused = fc.constantFrom(refusal('muted', 403), refusal('rate-limited', 429, true), refusal('internal', 500));

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(room, other).map(
      ([roomId, userId]): Op =>
        (world) =>
          world.say(roomId, userId),
    ),
  },
  {
    weight: 6,
    arbitrary: room.map(
      (roomId): Op =>
        (world) =>
          world.send(roomId),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Op>((world) => world.drop()) },
  {
    weight: 2,
    arbitrary: fc.tuple(room, fc.nat(8)).map(
      ([roomId, seq]): Op =>
        (world) =>
          world.change(roomId, (it) => it.delete(seq + 1)),
    ),
  },
  {
    weight: 1,
    arbitrary: room.map(
      (roomId): Op =>
        (world) =>
          world.change(roomId, (it) => it.rename(`room ${it.pts}`)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(room, other).map(
      ([roomId, userId]): Op =>
        (world) =>
          world.toggle(roomId, userId),
    ),
  },
  {
    weight: 1,
    arbitrary: room.map(
      (roomId): Op =>
        (world) =>
          world.change(roomId, (it) => it.ban('stranger')),
    ),
  },
  {
    weight: 1,
    arbitrary: room.map(
      (roomId): Op =>
        (world) =>
          world.toggle(roomId, ME),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(room, fc.nat(3)).map(
      ([roomId, count]): Op =>
        (world) =>
          world.loseTail(roomId, count),
    ),
  },
  {
    weight: 1,
    arbitrary: refused.map(
      (error): Op =>
        (world) =>
          void world.server.refusals.push(error),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Op>((world) => world.connection?.beacon()) },
  { weight: 1, arbitrary: fc.constant<Op>((world) => world.reload()) },
  {
    weight: 1,
    arbitrary: room.map(
      (roomId): Op =>
        (world) =>
          world.read(roomId),
    ),
  },
);

function aWorld(scheduler: fc.Scheduler, seed: number): World {
  const random = dice(seed);
  return new World({
    timers: scheduledTimers(scheduler, random),
    replays: () => random() < 0.5,
    net: {
      pass: (what) => scheduler.schedule(Promise.resolve(), what),
      copies: () => (random() < 0.15 ? 0 : random() < 0.15 ? 2 : 1),
      losesAnswer: () => random() < 0.1,
    },
  });
}

async function play(scheduler: fc.Scheduler, world: World, ops: readonly Op[]): Promise<void> {
  for (const act of ops) {
    act(world);
    await quiet();
    const steps = scheduler.count() / 2;
    for (let step = 0; step < steps; step += 1) await scheduler.waitOne();
  }
  await settle(scheduler);
  world.connection?.beacon(); // What the contract promises within five seconds.
  await settle(scheduler);
}

/** After all else: listing the rooms tells their heads, and would heal what went wrong before. */
async function listAll(scheduler: fc.Scheduler, world: World): Promise<void> {
  for (let tries = 0; tries < 30 && world.client.rooms.getSnapshot().hasMore; tries += 1) {
    void world.list();
    await settle(scheduler);
  }
}

/** The app was told each event of each room it is in once and in order, up to the head. */
function expectWholeLogs(world: World): void {
  expect(world.complaints).toEqual([]);
  for (const [roomId, { log }] of world.server.rooms) {
    if (!world.server.room(roomId).has(ME)) continue;
    const told = world.told.get(roomId);
    expect([roomId, told?.cursor]).toEqual([roomId, log.length]);
    expect(told?.events.map(({ id }) => id)).toEqual(log.slice(log.length - (told?.events.length ?? 0)).map(({ id }) => id));
  }
}

/** Fetched state = fold of events, as far as it is loaded. */
function expectTrueStates(world: World): void {
  for (const roomId of ['a', 'b']) {
    const truth = world.server.room(roomId);
    if (!truth.has(ME)) continue;
    const { state } = world.client.room(roomId);
    const { messages, members } = truth.contents();
    const { name, memberCount, lastSeq, pts, epoch, lastMessage, me } = truth.view(ME);
    const firstSeq = state.messages[0]?.seq ?? 1;
    expect(state).toMatchObject({ status: 'ready', pts, epoch, hasMoreBefore: firstSeq > 1 });
    expect(state.messages).toEqual(messages.slice(firstSeq - 1));
    for (const [userId, member] of state.members) expect([roomId, member.name]).toEqual([roomId, members.get(userId)?.name]);
    for (const userId of state.members.keys()) expect([roomId, userId, members.has(userId)]).toEqual([roomId, userId, true]);
    if (state.hasAllMembers) expect(state.members.size).toBe(members.size);
    expect(state.room).toMatchObject({ memberCount, lastSeq, pts, epoch });
    expect([state.room?.name, state.room?.lastMessage, state.room?.me?.readSeq, unreadOf(state)]).toEqual([
      name,
      lastMessage,
      me?.readSeq,
      me?.unread,
    ]);
  }
}

/** The list names the rooms the user is in and no others, each as the server would. */
function expectTrueList(world: World): void {
  const shown = world.client.rooms
    .getSnapshot()
    .rooms.map(({ id, pts, memberCount, lastSeq, lastMessage, me }) => [id, pts, memberCount, lastSeq, lastMessage, me?.unread]);
  const inside = [...world.server.rooms.values()].filter((it) => it.has(ME)).map((it) => it.view(ME));
  const truth = inside.map(({ id, pts, memberCount, lastSeq, lastMessage, me }) => [
    id,
    pts,
    memberCount,
    lastSeq,
    lastMessage,
    me?.unread,
  ]);
  expect(shown.sort()).toEqual(truth.sort());
}

/** Each message said is stored once, unless it was refused; in the order it was said; and its promise told the truth. */
async function expectEachStoredOnce(world: World): Promise<void> {
  const stored = new Map(
    [...world.server.rooms].map(([roomId, it]) => [roomId, it.contents().messages.filter(({ sender }) => sender.id === ME)]),
  );
  const left = await world.storage.load();
  expect(left.filter(({ status }) => status !== 'failed')).toEqual([]);
  const refused = new Set(left.map(({ draft }) => draft.text));
  for (const record of world.sent) {
    const ids = world.allSaid(record.text);
    expect([record.text, record.message !== undefined || record.refusedWith !== undefined]).toEqual([record.text, true]);
    if (refused.has(record.text) || world.lost.has(record.text)) continue;
    expect([record.text, ids.length]).toEqual([record.text, 1]);
    if (record.message) expect(ids[0]).toBe(record.message.id);
  }
  for (const [roomId, messages] of stored) {
    const order = world.sent.filter((record) => record.roomId === roomId && !world.lost.has(record.text)).map(({ text }) => text);
    const texts = messages.flatMap(({ text }) => (text === undefined || world.lost.has(text) ? [] : [text]));
    expect(texts).toEqual(order.filter((text) => texts.includes(text)));
  }
}

it('tells each event once and in order, ends in the true state, and stores each message once, whatever the network does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer(), fc.array(op, { maxLength: 25 }), async (scheduler, seed, ops) => {
      const world = aWorld(scheduler, seed);
      await play(scheduler, world, ops);
      expectWholeLogs(world);
      expectTrueStates(world);
      await listAll(scheduler, world);
      expectTrueList(world);
      await expectEachStoredOnce(world);
    }),
    runs(4_000),
  );
}, 600_000);
