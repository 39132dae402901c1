import { describe, expect, it } from 'vitest';
import type { World } from '../testing/world.js';
import { aWorld } from '../testing/world.js';

const receiptsSeenBy = (world: World, id: string) =>
  world
    .seenBy(id)
    .flatMap((event) =>
      event.type === 'message.read' || event.type === 'message.delivered' ? [[event.type, event.user.id, event.seq]] : [],
    );

const talk = async (count: number) => {
  const world = await aWorld().withGroup('crew', ['ann', 'bo']);
  for (let n = 0; n < count; n += 1) await world.as('ann').send('crew');
  return world;
};

describe('receipts', () => {
  it('move forward only, to the last message at most, and reading also delivers', async () => {
    const world = await talk(5);
    expect(await world.as('bo').read('crew', 3)).toEqual({ readSeq: 3, deliveredSeq: 3, unread: 2 });
    expect(await world.as('bo').read('crew', 1)).toEqual({ readSeq: 3, deliveredSeq: 3, unread: 2 });
    expect(await world.as('bo').deliver('crew', 4)).toEqual({ readSeq: 3, deliveredSeq: 4, unread: 2 });
    expect(await world.as('bo').read('crew', 999)).toEqual({ readSeq: 5, deliveredSeq: 5, unread: 0 });
  });

  it('are told to the room only when they moved', async () => {
    const world = await talk(2);
    await world.as('bo').read('crew', 2);
    world.clock.advance(5_000);
    await world.as('bo').read('crew', 2);
    await world.as('bo').read('crew', 1);
    world.services.receipts.flush();
    expect(receiptsSeenBy(world, 'ann')).toEqual([['message.read', 'bo', 2]]);
  });

  it('are told once a second: the first at once, the last when the second is over', async () => {
    const world = await talk(5);
    for (const seq of [1, 2, 3, 4]) await world.as('bo').read('crew', seq);
    world.services.receipts.flush();
    expect(receiptsSeenBy(world, 'ann')).toEqual([['message.read', 'bo', 1]]);
    world.clock.advance(1_000);
    world.services.receipts.flush();
    world.services.receipts.flush();
    expect(receiptsSeenBy(world, 'ann')).toEqual([
      ['message.read', 'bo', 1],
      ['message.read', 'bo', 4],
    ]);
    await world.as('bo').read('crew', 5);
    world.clock.advance(1_000);
    world.services.receipts.flush();
    expect(receiptsSeenBy(world, 'ann').at(-1)).toEqual(['message.read', 'bo', 5]);
  });

  it('tell that they were delivered in small rooms only', async () => {
    const many = Array.from({ length: 101 }, (_, index) => `u${index}`);
    const world = await aWorld().withGroup('small', ['ann', 'bo']).withUsers(many).withGroup('large', ['ann']);
    await world.server().add('large', ...many);
    for (const room of ['small', 'large']) await world.as('ann').send(room);
    await world.as('bo').deliver('small', 1);
    await world.as('u1').deliver('large', 1);
    expect(receiptsSeenBy(world, 'ann')).toEqual([['message.delivered', 'bo', 1]]);
    await world.as('u1').read('large', 1);
    expect(receiptsSeenBy(world, 'ann').at(-1)).toEqual(['message.read', 'u1', 1]);
  });

  it('are for members', async () => {
    const world = await talk(1);
    await world.addUsers(['cy']);
    await world.as('bo').leave('crew');
    await expect(world.as('bo').read('crew', 1)).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(world.as('cy').read('crew', 1)).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.server().read('crew', 1)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
