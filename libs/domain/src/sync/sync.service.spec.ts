import { describe, expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';
import { needsReset } from './sync.js';

describe('a difference', () => {
  it('covers a room in slices without a hole until it is complete', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    for (let n = 0; n < 10; n += 1) await world.as('ann').send('crew');
    const seen: number[] = [];
    let afterPts = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      const [room] = (await world.as('bo').sync({ rooms: [{ roomId: 'crew', epoch: 1, afterPts }] }, 4)).rooms;
      if (!room || !('events' in room)) throw new Error('a slice was expected');
      seen.push(...room.events.map(({ pts }) => pts));
      afterPts = room.pts;
      expect(room.complete).toBe(afterPts === 13);
      if (room.complete) break;
    }
    expect(seen).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
  });

  it('shares one budget, and names rooms that got nothing as incomplete', async () => {
    const world = await aWorld().withGroup('one', ['ann']).withGroup('two', ['ann']);
    const answer = await world.as('ann').sync({ userPts: 0, rooms: ['one', 'two'].map((roomId) => ({ roomId, afterPts: 0 })) }, 3);
    expect(answer.user).toMatchObject({ pts: 2, complete: true });
    expect(answer.rooms).toMatchObject([
      { roomId: 'one', pts: 1, complete: false },
      { roomId: 'two', pts: 0, complete: false, events: [] },
    ]);
  });

  it('asks to reload under another epoch and ahead of the head', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const at = async (position: { epoch?: number; afterPts: number }) =>
      (await world.as('ann').sync({ rooms: [{ roomId: 'crew', ...position }] })).rooms[0];
    expect(await at({ epoch: 2, afterPts: 1 })).toEqual({ roomId: 'crew', reset: true, epoch: 1, pts: 2 });
    expect(await at({ afterPts: 3 })).toEqual({ roomId: 'crew', reset: true, epoch: 1, pts: 2 });
    expect(await at({ epoch: 1, afterPts: 2 })).toMatchObject({ events: [], pts: 2, complete: true });
    expect(needsReset({ roomId: 'r', afterPts: 4 }, { epoch: 1, pts: 9, floorPts: 5 })).toBe(true);
  });

  it('answers each room for itself: a stranger’s is not found, a former member’s and a banned one’s is refused', async () => {
    const world = await aWorld()
      .withGroup('mine', ['ann'])
      .withGroup('left', ['bo', 'ann'])
      .withGroup('banned', ['bo', 'ann'])
      .withGroup('foreign', ['bo']);
    await world.as('ann').leave('left');
    await world.as('bo').ban('banned', 'ann', { reason: 'spam' });
    const roomIds = ['mine', 'left', 'banned', 'foreign', 'missing'];
    const { rooms } = await world.as('ann').sync({ rooms: roomIds.map((roomId) => ({ roomId, afterPts: 0 })) });
    const codes = rooms.map((room) => ('error' in room ? room.error.code : 'ok'));
    expect(codes).toEqual(['ok', 'not-a-member', 'banned', 'not-found', 'not-found']);
  });

  it('hides what was before one joined, and keeps the positions', async () => {
    const world = await aWorld().withGroup('crew', ['ann'], { historyVisibility: 'since-join' }).withUsers(['bo']);
    await world.as('ann').send('crew', 'secret');
    await world.as('ann').add('crew', 'bo');
    await world.as('ann').send('crew', 'hello');
    const [room] = (await world.as('bo').sync({ rooms: [{ roomId: 'crew', afterPts: 0 }] })).rooms;
    if (!room || !('events' in room)) throw new Error('a slice was expected');
    expect(room.events.map(({ pts, type }) => [pts, type])).toEqual([
      [1, 'event.hidden'],
      [2, 'event.hidden'],
      [3, 'event.hidden'],
      [4, 'member.joined'],
      [5, 'message.created'],
    ]);
    expect(room.events.slice(0, 3).every(({ data, actor, seq }) => Object.keys(data).length === 0 && !actor && seq === undefined)).toBe(
      true,
    );
    expect(JSON.stringify(room.events)).not.toContain('secret');
    const slice = await world.services.sync.events(world.as('bo').actor, 'crew', 0, 100);
    expect(slice.events).toEqual(room.events);
  });

  it('carries everyone’s cursors', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('ann').send('crew');
    const [room] = (await world.as('bo').sync({ rooms: [{ roomId: 'crew', afterPts: 3 }] })).rooms;
    expect(room).toMatchObject({ receipts: { memberCount: 2 } });
    expect(room && 'receipts' in room && new Map(room.receipts.cursors.map((cursor) => [cursor.userId, cursor.readSeq]))).toEqual(
      new Map([
        ['ann', 1],
        ['bo', 0],
      ]),
    );
  });

  it('tells a user’s own log from any position', async () => {
    const world = await aWorld().withGroup('one', ['ann']).withGroup('two', ['ann']);
    const at = async (userPts: number) => (await world.as('ann').sync({ userPts, rooms: [] })).user;
    expect((await at(0))?.events.map(({ type, userPts }) => [type, userPts])).toEqual([
      ['room.entered', 1],
      ['room.entered', 2],
    ]);
    expect(await at(2)).toEqual({ events: [], pts: 2, complete: true });
    expect(await at(9)).toEqual({ events: [], pts: 2, complete: true });
  });
});

describe('events of one room', () => {
  it('are refused below the floor and ahead of the head, with the floor named', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const { sync } = world.services;
    expect(await sync.events(world.as('ann').actor, 'crew', 1, 100)).toMatchObject({ epoch: 1, pts: 2, complete: true });
    await expect(sync.events(world.as('ann').actor, 'crew', 3, 100)).rejects.toMatchObject({
      code: 'pts-too-old',
      details: { floorPts: 0 },
    });
    await expect(sync.events(world.as('ann').actor, 'crew', 0, 100, 7)).rejects.toMatchObject({ code: 'pts-too-old' });
    expect((await sync.events(world.server().actor, 'crew', 0, 1)).complete).toBe(false);
  });
});

describe('where a client starts', () => {
  it('is its rooms with their heads, its own head and what is unread', async () => {
    const world = await aWorld().withGroup('one', ['ann', 'bo']).withGroup('two', ['ann', 'bo']);
    await world.as('ann').send('one');
    await world.as('ann').send('one');
    const ready = await world.services.sync.start(world.userKey('bo'));
    expect(ready).toMatchObject({ userPts: 2, unreadTotal: 2 });
    expect(ready.rooms.map(({ id, pts, lastSeq, readSeq }) => [id, pts, lastSeq, readSeq])).toEqual([
      ['one', 5, 2, 0],
      ['two', 3, 0, 0],
    ]);
  });
});
