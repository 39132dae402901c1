import { expect, it } from 'vitest';
import { aWorld } from './world.js';

it('answers a repeated send with the first message, from any device', async () => {
  const world = await aWorld().withGroup('crew', ['ann', 'bo']);
  const first = await world.as('ann', 'phone').send('crew', { clientMessageId: 'c1', text: 'hi' });
  const again = await world.as('ann', 'laptop').send('crew', { clientMessageId: 'c1', text: 'hi' });
  expect(again).toEqual({ ...first, deduplicated: true });
  expect(await world.history('crew')).toHaveLength(1);
});
