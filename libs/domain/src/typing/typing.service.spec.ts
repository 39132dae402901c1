import { describe, expect, it } from 'vitest';
import { aWorld, type World } from '../testing/world.js';

const start = (world: World, userId: string, action: 'typing' | 'recording' = 'typing') =>
  world.services.typing.start(world.as(userId).actor, 'crew', action);
const stop = (world: World, userId: string) => world.services.typing.stop(world.as(userId).actor, 'crew');
const seenBy = (world: World, userId: string) =>
  world.seenBy(userId).flatMap((event) => ('action' in event ? [`${event.type} ${event.user.id} ${event.action}`] : []));

describe('typing', () => {
  it('is shown to the room until it is stopped, or six seconds after the last word of it', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await start(world, 'ann');
    await stop(world, 'ann');
    expect(seenBy(world, 'bo')).toEqual(['typing.started ann typing', 'typing.stopped ann typing']);
    await start(world, 'ann', 'recording');
    world.clock.advance(4_000);
    await start(world, 'ann', 'recording');
    world.clock.advance(5_999);
    expect(seenBy(world, 'bo').slice(2)).toEqual(['typing.started ann recording', 'typing.started ann recording']);
    world.clock.advance(1);
    expect(seenBy(world, 'bo').at(-1)).toBe('typing.stopped ann recording');
    await stop(world, 'ann');
    expect(seenBy(world, 'bo')).toHaveLength(5);
  });

  it('is told twice a second at most, and another action at once', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    for (let call = 0; call < 10; call += 1) {
      await start(world, 'ann');
      world.clock.advance(100);
    }
    expect(seenBy(world, 'bo')).toHaveLength(2);
    await start(world, 'ann', 'recording');
    expect(seenBy(world, 'bo').at(-1)).toBe('typing.started ann recording');
  });

  it('is for who may speak, from the next call on', async () => {
    const world = await aWorld().withUsers(['cy']).withGroup('crew', ['ann', 'bo']);
    await expect(start(world, 'cy')).rejects.toMatchObject({ code: 'not-found' });
    await start(world, 'bo');
    await world.as('ann').remove('crew', 'bo');
    world.clock.advance(1_000);
    await expect(start(world, 'bo')).rejects.toMatchObject({ code: 'not-a-member' });
    await world.as('ann').update('crew', { settings: { muted: true } });
    await world.as('ann').add('crew', 'bo');
    world.clock.advance(1_000);
    await expect(start(world, 'bo')).rejects.toMatchObject({ code: 'room-muted' });
    expect(world.seenBy('cy').filter((event) => 'action' in event)).toEqual([]);
  });
});
