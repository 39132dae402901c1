import { describe, expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';

describe('users', () => {
  it('are created or changed by their app; what is not named stays', async () => {
    const world = await aWorld();
    const { users } = world.services;
    const server = world.server().actor;
    await users.put(server, 'ann', { name: 'Ann', metadata: { a: 1 }, image: 'https://x.example/1.png' });
    expect(await users.put(server, 'ann', { name: 'Anna' })).toMatchObject({
      name: 'Anna',
      metadata: { a: 1 },
      image: 'https://x.example/1.png',
    });
    expect((await users.put(server, 'ann', { image: null })).image).toBeUndefined();
    expect(await users.put(server, 'bo', {})).toMatchObject({ id: 'bo', name: 'bo' });
    await expect(users.put(world.as('ann').actor, 'bo', { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('show a new name everywhere, and those who share a room are told', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']).withUsers(['cy']);
    await world.as('ann').send('crew');
    await world.services.users.updateMe(world.as('ann').actor, { name: 'Anna' });
    expect((await world.history('crew'))[0]?.sender.name).toBe('Anna');
    expect(world.seenBy('bo').at(-1)).toMatchObject({ type: 'user.updated', user: { id: 'ann', name: 'Anna' } });
    expect(world.seenBy('ann').at(-1)?.type).toBe('user.updated');
    expect(world.seenBy('cy')).toEqual([]);
  });

  it('are put many at a time, once per Idempotency-Key, also in a race', async () => {
    const world = await aWorld();
    const server = world.server().withKey('k').actor;
    const { users } = world.services;
    const batch = ['ann', 'bo'].map((id) => ({ id, name: id.toUpperCase() }));
    const [first, second] = await Promise.all([users.putMany(server, batch), users.putMany(server, batch)]);
    expect(first).toEqual([
      { userId: 'ann', status: 'ok' },
      { userId: 'bo', status: 'ok' },
    ]);
    expect(second).toEqual(first);
    await expect(users.putMany(server, [])).rejects.toMatchObject({ code: 'idempotency-mismatch' });
    expect(await users.get(server, 'ann')).toMatchObject({ name: 'ANN' });
  });

  it('that are deactivated lose their sockets and are hidden from users, not from their app', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const { users } = world.services;
    await world.as('bo').send('crew', 'mine');
    await users.setDeactivated(world.server().actor, 'bo', true);
    expect(world.fanout.disconnects).toEqual([{ ...world.userKey('bo'), reason: 'deactivated' }]);
    await expect(users.get(world.as('ann').actor, 'bo')).rejects.toMatchObject({ code: 'not-found' });
    expect((await users.list(world.as('ann').actor, {}, { limit: 10 })).items.map(({ id }) => id)).toEqual(['ann']);
    expect((await users.list(world.as('ann').actor, { ids: ['bo', 'ann', 'ghost'] }, { limit: 10 })).items.map(({ id }) => id)).toEqual([
      'ann',
    ]);
    expect((await users.get(world.server().actor, 'bo')).deactivatedAt).toBeInstanceOf(Date);
    expect(await world.as('ann').history('crew')).toHaveLength(1);
    await users.setDeactivated(world.server().actor, 'bo', false);
    expect((await users.get(world.as('ann').actor, 'bo')).deactivatedAt).toBeUndefined();
  });

  it('are inspected with their ban by operators', async () => {
    const world = await aWorld().withUsers(['ann']);
    await world.server().banFromTenant('ann', { reason: 'spam' });
    expect(await world.services.users.inspect(world.operator().actor, 'ann')).toMatchObject({
      user: { id: 'ann' },
      ban: { reason: 'spam' },
    });
    await expect(world.services.users.inspect(world.operator().actor, 'ghost')).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.services.users.inspect(world.as('ann').actor, 'ann')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('are nobody else’s tenant’s', async () => {
    const world = await aWorld().withUsers(['ann']).withTenant('other');
    await expect(world.services.users.get(world.server('other').actor, 'ann')).rejects.toMatchObject({ code: 'not-found' });
  });
});
