import { describe, expect, it } from 'vitest';
import type { RoomLog } from '../ports/room-log.js';
import { aWorld, type World } from '../testing/world.js';
import { RecentSlices } from './recent-slices.js';

/** The world's log, and how often it was read. */
function counted(world: World) {
  const { roomLog, clock } = world.ports;
  let reads = 0;
  const log = new Proxy(roomLog, {
    get: (target, name) => {
      if (name === 'after') reads += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  }) as RoomLog;
  const slices = new RecentSlices(log, clock);
  const room = async () => {
    const found = await world.ports.store.tenant(world.as('ann').actor.tenantId, (tx) => tx.rooms.byId('crew'));
    if (!found) throw new Error('no room');
    return found;
  };
  return { slices, room, reads: () => reads };
}

const ptsOf = (events: readonly { readonly pts: number }[]): number[] => events.map(({ pts }) => pts);

describe('the newest events of a room', () => {
  it('are read once for however many ask under the same head', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    for (let n = 0; n < 5; n += 1) await world.as('ann').send('crew');
    const { slices, room, reads } = counted(world);
    const head = await room();
    const answers = await Promise.all([3, 3, 5, 7].map((afterPts) => slices.after(head, afterPts, 100)));
    expect(answers.map(ptsOf)).toEqual([[4, 5, 6, 7, 8], [4, 5, 6, 7, 8], [6, 7, 8], [8]]);
    expect(reads()).toBe(1);
    expect(ptsOf(await slices.after(head, 3, 2))).toEqual([4, 5]);
    expect(await slices.after(head, 8, 100)).toEqual([]);
    expect(reads()).toBe(1);
    expect(ptsOf(await slices.after(head, 1, 100))).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(reads()).toBe(2);
  });

  it('are read anew when the head has moved: what was deleted is not told from memory', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const { message } = await world.as('ann').send('crew', 'a secret');
    const { slices, room } = counted(world);
    expect(JSON.stringify(await slices.after(await room(), 2, 100))).toContain('a secret');
    await world.as('ann').delete('crew', message.id);
    const events = await slices.after(await room(), 2, 100);
    expect(JSON.stringify(events)).not.toContain('a secret');
    expect(ptsOf(events)).toEqual([3, 4, 5]);
  });

  it('never reach beyond the head they were asked under', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const { slices, room } = counted(world);
    const head = await room();
    await world.as('ann').send('crew');
    expect(ptsOf(await slices.after(head, 0, 100))).toEqual([1, 2]);
  });

  it('are not kept after a read that failed', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    const { roomLog, clock } = world.ports;
    let isBroken = true;
    const log = new Proxy(roomLog, {
      get: (target, name) => {
        if (name === 'after' && isBroken) return () => Promise.reject(new Error('the database is away'));
        return (Reflect.get(target, name) as () => unknown).bind(target);
      },
    }) as RoomLog;
    const slices = new RecentSlices(log, clock);
    const head = await counted(world).room();
    await expect(slices.after(head, 0, 10)).rejects.toThrow('away');
    isBroken = false;
    expect(ptsOf(await slices.after(head, 0, 10))).toEqual([1, 2]);
  });
});
