import { expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';

it('notes an operator who reads what users said, and no one else', async () => {
  const world = await aWorld().withGroup('crew', ['ann']);
  const { audit } = world.services;
  await audit.noteReading(world.as('ann').actor, 'crew');
  await audit.noteReading(world.server().actor, 'crew');
  await audit.noteReading(world.operator('moderator').actor, 'crew');
  const { items } = await audit.ofTenant(world.operator().actor, {}, { limit: 10 });
  expect(items).toMatchObject([{ action: 'room.read', actorKind: 'operator', target: { kind: 'room', id: 'crew' }, number: 1 }]);
  expect(() => audit.ofTenant(world.as('ann').actor, {}, { limit: 10 })).toThrow(expect.objectContaining({ code: 'forbidden' }));
});
