import { describe, expect, it, vi } from 'vitest';
import type { RoomKey, UserKey } from '../ids.js';
import { servicesOver } from '../testing/services.js';
import { aWorld } from '../testing/world.js';
import { ListenService } from './listen.service.js';

/** A door whose reading of rights takes as long as `meanwhile` does. */
async function aSlowDoor(meanwhile: (turn: number) => Promise<unknown>) {
  const world = await aWorld().withGroup('crew', ['ann', 'bo']).withGroup('den', ['bo']);
  const { relay, rooms, sync } = world.services;
  let turn = 0;
  const slowly = async <T>(read: Promise<T>): Promise<T> => {
    const found = await read;
    await meanwhile((turn += 1));
    return found;
  };
  const slow = {
    start: (...args: Parameters<typeof sync.start>) => slowly(sync.start(...args)),
    readable: (...args: Parameters<typeof rooms.readable>) => slowly(rooms.readable(...args)),
    get: (...args: Parameters<typeof rooms.get>) => rooms.get(...args),
  };
  const listen = new ListenService(slow as never, slow as never, relay, world.fanout);
  const opened: RoomKey[] = [];
  const names = () => opened.map(({ roomNo }) => (roomNo === world.roomKey('crew').roomNo ? 'crew' : 'den'));
  return { world, listen, names, bo: world.as('bo').actor, open: (room: RoomKey) => void opened.push(room) };
}

it('opens all rooms the user is in, once', async () => {
  const { listen, names, bo, open } = await aSlowDoor(async () => undefined);
  await listen.toAll(bo, open);
  expect(names().sort()).toEqual(['crew', 'den']);
});

it('G11 opens no room that the user was put out of while its rooms were read', async () => {
  const { world, listen, names, bo, open } = await aSlowDoor(async (turn) => {
    if (turn > 1) return;
    await world.as('ann').remove('crew', 'bo');
    await world.as('ann').send('crew', 'not for bo');
  });
  await listen.toAll(bo, open);
  expect(new Set(names())).toEqual(new Set(['den']));
});

it('G11 opens no room that the user was put out of while it subscribed', async () => {
  const { world, listen, names, bo, open } = await aSlowDoor(async (turn) => {
    if (turn === 1) await world.as('ann').remove('crew', 'bo');
  });
  await expect(listen.toOne(bo, 'crew', open)).rejects.toMatchObject({ code: 'not-a-member' });
  expect(names()).toEqual([]);
});

it('opens it when somebody else was put out', async () => {
  const { world, listen, names, bo, open } = await aSlowDoor(async (turn) => {
    if (turn > 1) return;
    await world.addUsers(['cy']);
    await world.as('ann').add('crew', 'cy');
    await world.as('ann').remove('crew', 'cy');
  });
  expect((await listen.toOne(bo, 'crew', open)).room.id).toBe('crew');
  expect(names()).toEqual(['crew']);
});

it('starts from where the rooms stood when it listened, however often they moved while they were read', async () => {
  const { world, listen, bo, open } = await aSlowDoor(async (turn) => {
    if (turn < 3) await world.as('ann').send('crew');
  });
  const { start, behind } = await listen.toAll(bo, open);
  expect([start.rooms.find(({ id }) => id === 'crew')?.pts, behind.size]).toEqual([5, 0]);
});

it('names the rooms that would not stand still', async () => {
  const { world, listen, names, bo, open } = await aSlowDoor(() => world.as('ann').send('crew'));
  const { behind } = await listen.toAll(bo, open);
  expect([[...behind], names().includes('crew')]).toEqual([['crew'], true]);
});

it('is refused for now where rights go on ending while they are read', async () => {
  const { world, listen, bo, open } = await aSlowDoor(async () => {
    await world.as('ann').add('crew', 'cy');
    await world.as('ann').remove('crew', 'cy');
  });
  await world.addUsers(['cy']);
  await expect(listen.toAll(bo, open)).rejects.toMatchObject({ code: 'unavailable' });
});

it('is no reason to read again for a room that was opened before', async () => {
  const { world, listen, names, bo, open } = await aSlowDoor(async (turn) => {
    if (turn === 1) await world.as('ann').send('crew');
    if (turn !== 2) return;
    await world.as('ann').add('crew', 'cy');
    await world.as('ann').remove('crew', 'cy');
  });
  await world.addUsers(['cy']);
  const { behind } = await listen.toAll(bo, open);
  expect([names().sort(), behind.size]).toEqual([['crew', 'den'], 0]);
});

describe('a join that was not told', () => {
  it('opens the room to who is connected when it comes late, after another has listened', async () => {
    const world = await aWorld().withGroup('crew', ['ann']).withUsers(['bo', 'cy']);
    world.fanout.exit(world.userKey('ann'), world.roomKey('crew'));
    const second = servicesOver(world.ports);
    await world.as('ann').add('crew', 'bo');
    await world.as('ann').add('crew', 'cy');
    world.fanout.exit(world.userKey('bo'), world.roomKey('crew'));
    world.fanout.exit(world.userKey('cy'), world.roomKey('crew'));
    // Another process, whose relay first hears of the room when cy connects to it.
    await second.listen.toAll(world.as('cy').actor, (room) => world.fanout.enter(world.userKey('cy'), room));
    const joins = (await world.events('crew')).filter(({ type }) => type === 'member.joined');
    for (const event of joins) second.relay.publish({ events: [event], userEvents: [] });
    await vi.waitFor(() => expect(world.fanout.isSubscribed(world.userKey('bo'), world.roomKey('crew'))).toBe(true));
  });

  it('opens the room with a word of how far it has come: the client may have asked before that', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']).withGroup('den', ['ann', 'bo']);
    const bo = world.userKey('bo');
    world.fanout.exit(bo, world.roomKey('crew'));
    world.services.listen.doubt(bo);
    await vi.waitFor(() => expect(world.fanout.isSubscribed(bo, world.roomKey('crew'))).toBe(true));
    expect(world.fanout.heads).toEqual([{ ...world.roomKey('crew'), roomId: 'crew', epoch: 1, pts: (await world.events('crew')).length }]);
  });

  it('is made up for when the database can be read again', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const { relay, rooms, sync } = world.services;
    let isAway = true;
    const syncs = { start: (user: UserKey) => (isAway ? Promise.reject(new Error('away')) : sync.start(user)) };
    const listen = new ListenService(syncs as never, rooms, relay, world.fanout);
    world.fanout.exit(world.userKey('bo'), world.roomKey('crew'));
    listen.doubt(world.userKey('bo'));
    await listen.settle();
    isAway = false;
    expect(world.fanout.isSubscribed(world.userKey('bo'), world.roomKey('crew'))).toBe(false);
    await vi.waitFor(async () => {
      await listen.settle();
      expect(world.fanout.isSubscribed(world.userKey('bo'), world.roomKey('crew'))).toBe(true);
    });
  });
});
