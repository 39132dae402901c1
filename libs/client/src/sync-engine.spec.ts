import type { RoomEnvelope, SessionReady, SyncAnswer, UserEnvelope } from '@parley/protocol';
import { beforeEach, expect, it } from 'vitest';
import { SyncEngine } from './sync-engine.js';
import type { SyncInput } from './sync-ports.js';
import { refusal } from './testing/fake-server.js';
import { ManualTimers, quiet } from './testing/manual-timers.js';

interface Asked extends SyncInput {
  readonly answer: (answer: Partial<SyncAnswer>) => Promise<void>;
}

let asked: Asked[];
let told: string[];
let engine: SyncEngine;

const aReady = (userPts: number, rooms: readonly (readonly [string, number])[]): SessionReady =>
  ({ userPts, rooms: rooms.map(([roomId, pts]) => ({ roomId, epoch: 1, pts, complete: true })) }) as unknown as SessionReady;
const anEvent = (roomId: string, pts: number, epoch = 1): RoomEnvelope => ({ type: 'event.hidden', roomId, epoch, pts }) as RoomEnvelope;
const anEntry = (userPts: number, roomId: string, pts: number): UserEnvelope =>
  ({
    type: 'room.entered',
    userPts,
    roomId,
    data: { room: { id: roomId, epoch: 1, pts }, afterPts: Math.max(0, pts - 1) },
  }) as unknown as UserEnvelope;

beforeEach(() => {
  [asked, told] = [[], []];
  engine = new SyncEngine({
    timers: new ManualTimers(),
    sync: (input) =>
      new Promise((resolve) => asked.push({ ...input, answer: async (answer) => (resolve({ rooms: [], ...answer }), quiet()) })),
    onRoomEvent: ({ roomId, pts }) => told.push(`${roomId} ${pts}`),
    onUserEvent: ({ userPts }) => told.push(`own ${userPts}`),
    onReset: (roomId, { epoch, pts }) => told.push(`${roomId} reset ${epoch}/${pts}`),
    onReceipts: () => undefined,
    onLost: (roomId) => told.push(`${roomId} lost`),
    onCurrent: (roomId) => told.push(`${roomId} current`),
  });
});

it('fills a gap by one call at a time, and tells what came meanwhile after it', async () => {
  engine.ready(aReady(0, [['crew', 3]]), new Set());
  engine.takeRoomEvent(anEvent('crew', 6));
  await quiet();
  engine.takeRoomEvent(anEvent('crew', 7));
  engine.head({ heads: [{ roomId: 'crew', epoch: 1, pts: 8 }], userPts: 0 });
  await quiet();
  expect(asked.map(({ rooms }) => rooms)).toEqual([[{ roomId: 'crew', epoch: 1, afterPts: 3 }]]);
  expect([told.filter((what) => !what.endsWith('current')), engine.isCurrent('crew')]).toEqual([[], false]);
  await asked[0]?.answer({
    rooms: [{ roomId: 'crew', epoch: 1, events: [4, 5].map((pts) => anEvent('crew', pts)), pts: 5, complete: false }],
  });
  expect(told.filter((what) => !what.endsWith('current'))).toEqual(['crew 4', 'crew 5', 'crew 6', 'crew 7']);
  expect(asked[1]?.rooms).toEqual([{ roomId: 'crew', epoch: 1, afterPts: 7 }]);
});

it('does not take an answer that was asked before an entry came for a shorter log', async () => {
  engine.ready(aReady(5, []), new Set());
  engine.takeUserEvent(anEntry(7, 'late', 0));
  await quiet();
  engine.takeUserEvent(anEntry(6, 'crew', 0));
  await asked[0]?.answer({ user: { events: [], pts: 5, complete: true } });
  engine.head({ heads: [], userPts: 8 });
  await quiet();
  const log = [anEntry(6, 'crew', 0), anEntry(7, 'late', 0), anEntry(8, 'pub', 0)];
  const events = log.filter(({ userPts }) => userPts > (asked.at(-1)?.userPts ?? Infinity));
  await asked.at(-1)?.answer({ user: { events, pts: 8, complete: true } });
  expect(told.filter((what) => what.startsWith('own'))).toEqual(['own 6', 'own 7', 'own 8']);
});

it('does not take heads read before the replay for a shorter log, but a difference that ends before where it was asked', async () => {
  engine.ready(aReady(5, []), new Set());
  engine.takeUserEvent(anEntry(6, 'crew', 0));
  engine.offline();
  engine.ready(aReady(5, [['crew', 0]]), new Set());
  await quiet();
  expect(asked.at(-1)?.userPts).toBe(6);
  await asked.at(-1)?.answer({ user: { events: [], pts: 6, complete: true } });
  engine.takeUserEvent(anEntry(6, 'crew', 0));
  expect(told.filter((what) => what.startsWith('own'))).toEqual(['own 6']);

  engine.offline();
  engine.ready(aReady(3, [['crew', 0]]), new Set());
  await quiet();
  await asked.at(-1)?.answer({ user: { events: [], pts: 3, complete: true } });
  engine.takeUserEvent(anEntry(4, 'crew', 0));
  expect(told.filter((what) => what.startsWith('own'))).toEqual(['own 6', 'own 4']);
});

it('tells where a room starts over before its first event, when the user comes back to a log that was restored', async () => {
  engine.ready(aReady(0, [['crew', 9]]), new Set());
  engine.takeUserEvent({ type: 'room.exited', userPts: 1, roomId: 'crew', data: { room: { id: 'crew' } } } as unknown as UserEnvelope);
  engine.takeRoomEvent(anEvent('crew', 1, 2));
  engine.takeUserEvent({
    type: 'room.entered',
    userPts: 2,
    roomId: 'crew',
    data: { room: { id: 'crew', epoch: 2, pts: 1 }, afterPts: 0 },
  } as unknown as UserEnvelope);
  expect(told.filter((what) => /reset|crew \d/.test(what))).toEqual(['crew reset 2/0', 'crew 1']);
});

it('goes on from what is kept of a room whose position is too old', async () => {
  engine.ready(aReady(0, [['crew', 3]]), new Set());
  engine.head({ heads: [{ roomId: 'crew', epoch: 1, pts: 9 }], userPts: 0 });
  await quiet();
  const tooOld = { ...refusal('pts-too-old', 410).problem, floorPts: 7 };
  await asked[0]?.answer({ rooms: [{ roomId: 'crew', error: tooOld }] });
  engine.takeRoomEvent(anEvent('crew', 8));
  expect(told.filter((what) => !what.endsWith('current'))).toEqual(['crew reset 1/7', 'crew 8']);
});

it('says that a room is current when its own log has named it, so that what waits for it is sent', async () => {
  engine.ready(aReady(0, []), new Set());
  engine.track('crew', { epoch: 1, pts: 2 }, 'member');
  expect(engine.isCurrent('crew')).toBe(false);
  engine.takeUserEvent(anEntry(1, 'crew', 0));
  engine.takeRoomEvent(anEvent('crew', 1));
  engine.takeRoomEvent(anEvent('crew', 2));
  await quiet();
  expect([engine.isCurrent('crew'), told.includes('crew current')]).toEqual([true, true]);
});
