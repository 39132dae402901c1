import { describe, expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';

describe('a ban from a room', () => {
  it('puts the user out, with reason and expiry, and lets nothing later reach it', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const ban = await world.as('ann').ban('crew', 'bo', { reason: 'spam', expiresInSeconds: 60 });
    const expiresAt = new Date(world.clock.now().getTime() + 60_000);
    expect(ban).toMatchObject({ reason: 'spam', expiresAt, user: { id: 'bo' }, createdBy: { kind: 'user', user: { id: 'ann' } } });
    await world.as('ann').send('crew', 'later');
    expect(world.seenBy('bo').at(-1)).toMatchObject({ type: 'member.banned', data: { reason: 'spam', expiresAt } });
    const banned = { code: 'banned', details: { scope: 'room', reason: 'spam', expiresAt } };
    await expect(world.as('bo').send('crew')).rejects.toMatchObject(banned);
    await expect(world.as('bo').history('crew')).rejects.toMatchObject(banned);
    await expect(world.as('bo').join('crew')).rejects.toMatchObject(banned);
    expect(await world.as('bo').rooms()).toEqual([]);
  });

  it('ends with its time: the user is a former member then, and may be added again', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('ann').ban('crew', 'bo', { expiresInSeconds: 60 });
    world.clock.advance(60_000);
    await expect(world.as('bo').send('crew')).rejects.toMatchObject({ code: 'not-a-member' });
    await world.as('ann').add('crew', 'bo');
    await world.as('bo').send('crew');
    await world.as('ann').unban('crew', 'bo');
    await world.as('bo').send('crew');
    expect((await world.as('ann').room('crew')).room.memberCount).toBe(2);
  });

  it('is lifted by staff, which lets nobody in by itself', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await world.as('ann').ban('crew', 'bo');
    await expect(world.as('cy').unban('crew', 'bo')).rejects.toMatchObject({ code: 'forbidden' });
    await world.as('ann').unban('crew', 'bo');
    await expect(world.as('bo').send('crew')).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(world.as('ann').unban('crew', 'bo')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('reaches who was never inside, and is replaced by a new one', async () => {
    const world = await aWorld().withGroup('crew', ['ann'], { joinPolicy: 'open' }).withUsers(['bo']);
    await world.as('ann').ban('crew', 'bo', { reason: 'one' });
    await world.as('ann').ban('crew', 'bo', { reason: 'two' });
    await expect(world.as('bo').join('crew')).rejects.toMatchObject({ code: 'banned', details: { reason: 'two' } });
    const { items } = await world.services.bans.list(world.as('ann').actor, { roomId: 'crew' }, { limit: 10 });
    expect(items.map(({ reason }) => reason)).toEqual(['two']);
    expect(world.seenBy('bo')).toEqual([]);
  });

  it('is not for oneself, nor by plain members, nor of unknown users', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await expect(world.as('ann').ban('crew', 'ann')).rejects.toMatchObject({ code: 'validation-failed' });
    await expect(world.as('bo').ban('crew', 'ann')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.as('ann').ban('crew', 'ghost')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('takes back what the user said, when asked', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('ann').send('crew', 'mine');
    for (const text of ['spam 1', 'spam 2']) await world.as('bo').send('crew', text);
    await world.as('ann').ban('crew', 'bo', { deleteMessages: true, reason: 'spam' });
    expect((await world.history('crew')).map(({ text, deleted }) => [text, deleted?.reason])).toEqual([
      ['mine', undefined],
      [undefined, 'spam'],
      [undefined, 'spam'],
    ]);
    expect(JSON.stringify(await world.events('crew'))).not.toContain('spam 1');
  });

  it('answers an Idempotency-Key again with the same ban', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const ban = () => world.as('ann').withKey('k').ban('crew', 'bo', { reason: 'spam' });
    const [first, second] = await Promise.all([ban(), ban()]);
    expect(second).toEqual(first);
    expect((await world.events('crew')).filter(({ type }) => type === 'member.banned')).toHaveLength(1);
    await expect(world.as('ann').withKey('k').ban('crew', 'bo', { reason: 'other' })).rejects.toMatchObject({
      code: 'idempotency-mismatch',
    });
  });
});

describe('a ban from the tenant', () => {
  it('is for keys and operators only', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await expect(world.as('ann').banFromTenant('bo')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.as('ann').unbanFromTenant('bo')).rejects.toMatchObject({ code: 'forbidden' });
    const { bans } = world.services;
    await expect(bans.list(world.as('ann').actor, {}, { limit: 10 })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('tells the user, closes its sockets and stops its next message', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('bo').send('crew');
    await world.operator('moderator').banFromTenant('bo', { reason: 'spam', expiresInSeconds: 60 });
    expect(world.seenBy('bo').at(-1)).toMatchObject({ type: 'user.banned', data: { ban: { reason: 'spam' } } });
    expect(world.fanout.disconnects).toEqual([{ ...world.userKey('bo'), reason: 'banned' }]);
    await expect(world.as('bo').send('crew')).rejects.toMatchObject({ code: 'banned', details: { scope: 'tenant', reason: 'spam' } });
    world.clock.advance(60_000);
    await world.as('bo').send('crew');
  });

  it('is lifted at once, and once', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.server().banFromTenant('bo');
    await world.server().unbanFromTenant('bo');
    await world.as('bo').send('crew');
    await expect(world.server().unbanFromTenant('bo')).rejects.toMatchObject({ code: 'not-found' });
    const { user } = await world.as('bo').sync({ userPts: 0, rooms: [] });
    expect(user?.events.map(({ type }) => type)).toEqual(['room.entered', 'user.banned', 'user.unbanned']);
  });

  it('takes back what the user said everywhere, when asked', async () => {
    const world = await aWorld().withGroup('one', ['ann', 'bo']).withGroup('two', ['ann', 'bo']);
    await world.as('bo').send('one');
    await world.as('bo').send('two');
    await world.server().banFromTenant('bo', { deleteMessages: true });
    for (const room of ['one', 'two']) expect((await world.history(room))[0]?.deleted).toBeDefined();
  });

  it('answers a racing Idempotency-Key with the one ban', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    const server = world.server().withKey('k');
    const [first, second] = await Promise.all([server.banFromTenant('bo'), server.banFromTenant('bo')]);
    expect(second).toEqual(first);
    const { user } = await world.as('bo').sync({ userPts: 0, rooms: [] });
    expect(user?.events.filter(({ type }) => type === 'user.banned')).toHaveLength(1);
  });

  it('is listed with room bans, while it holds', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await world.as('ann').ban('crew', 'bo', { expiresInSeconds: 60 });
    await world.server().banFromTenant('cy');
    const list = async (filter: object) =>
      (await world.services.bans.list(world.operator().actor, filter, { limit: 10 })).items.map(({ user }) => user.id);
    expect(await list({})).toEqual(['cy', 'bo']);
    expect(await list({ scope: 'tenant' })).toEqual(['cy']);
    expect(await list({ userId: 'ghost' })).toEqual([]);
    world.clock.advance(60_000);
    expect(await list({})).toEqual(['cy']);
  });
});
