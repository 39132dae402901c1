import { describe, expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';

describe('opening a room', () => {
  it('makes the creator its owner and tells everyone who is in', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    expect((await world.as('ann').members('crew')).map(({ user, role }) => [user.id, role])).toEqual([
      ['ann', 'owner'],
      ['bo', 'member'],
    ]);
    expect(world.seenBy('bo').map(({ type }) => type)).toEqual(['room.entered', 'room.created', 'member.joined', 'member.joined']);
  });

  it('answers the same id and body again with the room, another body with a conflict', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const first = await world.as('ann').create('crew', ['bo']);
    const again = await world.as('ann').create('crew', ['bo']);
    expect([first.isNew, again.isNew]).toEqual([true, false]);
    expect(again.view.room).toEqual(first.view.room);
    await expect(world.as('ann').create('crew', [])).rejects.toMatchObject({ code: 'conflict' });
    await expect(world.as('bo').create('crew', ['bo'])).rejects.toMatchObject({ code: 'conflict' });
  });

  it('opens one room when the same request races', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const made = await Promise.all([1, 2, 3, 4].map(() => world.as('ann').create('crew', ['bo'])));
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await world.events('crew')).toHaveLength(3);
  });

  it('answers an Idempotency-Key again with the room, and another body under it with a mismatch', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const create = (name: string, key = 'k1') => world.services.rooms.create(world.as('ann').withKey(key).actor, { kind: 'group', name });
    const [first, again] = await Promise.all([create('crew'), create('crew')]);
    expect(again.view.room.id).toBe(first.view.room.id);
    await expect(create('other')).rejects.toMatchObject({ code: 'idempotency-mismatch' });
    expect((await create('other', 'k2')).view.room.id).not.toBe(first.view.room.id);
    const bo = await world.services.rooms.create(world.as('bo').withKey('k1').actor, { kind: 'group', name: 'of bo' });
    expect(bo.isNew).toBe(true);
    world.clock.advance(25 * 3_600_000);
    expect((await create('other')).isNew).toBe(true);
  });

  it('names the field of a user that is not there', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const creating = world.as('ann').create('crew', ['bo', 'ghost']);
    await expect(creating).rejects.toMatchObject({ code: 'not-found', details: { errors: [{ pointer: '/members/1' }] } });
  });

  it('lets a key name users not seen before, where the tenant allows first sight', async () => {
    const world = await aWorld().withTenant('other', { firstSight: false });
    const { view } = await world.server().create('crew', ['new-1', 'new-2']);
    expect(view.room.memberCount).toBe(2);
    await expect(world.server('other').create('crew', ['new-1'])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is allowed to users as the tenant says', async () => {
    const world = await aWorld().withSettings({ usersCreateGroups: false }).withUsers(['ann']);
    await expect(world.as('ann').create('crew')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.as('ann').createChannel('news')).rejects.toMatchObject({ code: 'forbidden' });
    await world.server().createChannel('news');
  });

  it('bounds how many a user names in one call', async () => {
    const world = await aWorld()
      .withSettings({ limits: { membersPerCall: 2 } })
      .withUsers(['ann', 'a', 'b', 'c']);
    await world.as('ann').create('two', ['a', 'b']);
    await expect(world.as('ann').create('three', ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'validation-failed' });
    await expect(world.as('ann').add('two', 'a', 'b', 'c')).rejects.toMatchObject({ code: 'validation-failed' });
  });

  it('refuses more members than the room may have', async () => {
    const world = await aWorld().withUsers(['ann', 'a', 'b']);
    await expect(world.as('ann').create('crew', ['a', 'b'], { maxMembers: 2 })).rejects.toMatchObject({ code: 'room-full' });
  });
});

describe('direct rooms', () => {
  it('are one per pair, whoever opens and races', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const opened = await Promise.all([world.as('ann').direct('bo'), world.as('bo').direct('ann'), world.as('ann').direct('bo')]);
    expect(new Set(opened.map(({ room }) => room.id)).size).toBe(1);
    expect(opened.map(({ peer }) => peer?.id)).toEqual(['bo', 'ann', 'bo']);
  });

  it('are listed for the peer with the first message only, and told it once', async () => {
    const world = await aWorld().withUsers(['ann', 'bo']);
    const { room } = await world.as('ann').direct('bo');
    expect([await world.as('ann').rooms(), await world.as('bo').rooms()]).toEqual([[room.id], []]);
    const entered = (id: string) => world.seenBy(id).filter(({ type }) => type === 'room.entered').length;
    expect([entered('ann'), entered('bo')]).toEqual([1, 0]);
    await Promise.all([world.as('ann').send(room.id, 'one'), world.as('ann').send(room.id, 'two'), world.as('bo').send(room.id, 'three')]);
    await world.as('ann').send(room.id, 'four');
    expect([entered('ann'), entered('bo')]).toEqual([1, 1]);
    expect(await world.as('bo').rooms()).toEqual([room.id]);
    const seen = world.seenBy('bo').map(({ type }) => type);
    expect(seen.indexOf('room.entered')).toBeLessThan(seen.indexOf('message.created'));
  });

  it('have no profile, no third member, no leaving, no self', async () => {
    const world = await aWorld().withUsers(['ann', 'bo', 'cy']);
    const { room } = await world.as('ann').direct('bo');
    const refused = { code: 'forbidden' };
    await expect(world.as('ann').update(room.id, { name: 'x' })).rejects.toMatchObject(refused);
    await expect(world.as('ann').add(room.id, 'cy')).rejects.toMatchObject(refused);
    await expect(world.as('ann').leave(room.id)).rejects.toMatchObject(refused);
    await expect(world.as('ann').remove(room.id, 'bo')).rejects.toMatchObject(refused);
    await expect(world.as('ann').dissolve(room.id)).rejects.toMatchObject(refused);
    await expect(world.as('ann').ban(room.id, 'bo')).rejects.toMatchObject(refused);
    await expect(world.as('ann').direct('ann')).rejects.toMatchObject({ code: 'validation-failed' });
    await expect(world.as('ann').direct('ghost')).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.as('cy').room(room.id)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('changing a room', () => {
  it('lets staff name it and the owner alone settle it', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await world.as('ann').setRole('crew', 'bo', 'admin');
    await world.as('bo').update('crew', { name: 'New', metadata: { a: 1 } });
    await expect(world.as('bo').settings('crew', { muted: true })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.as('cy').update('crew', { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    const { room } = await world.as('ann').settings('crew', { muted: true });
    expect(room).toMatchObject({ name: 'New', metadata: { a: 1 }, settings: { muted: true, memberCanPost: true } });
  });

  it('makes no group readable by everyone', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    await expect(world.as('ann').settings('crew', { publicRead: true })).rejects.toMatchObject({
      details: { errors: [{ pointer: '/settings/publicRead' }] },
    });
  });

  it('dissolves: everybody is out, told, and nothing is said any more', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await expect(world.as('bo').dissolve('crew')).rejects.toMatchObject({ code: 'forbidden' });
    await world.as('ann').dissolve('crew');
    expect(
      world
        .seenBy('bo')
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['room.exited', 'room.dissolved']);
    expect(world.fanout.isSubscribed(world.userKey('bo'), world.roomKey('crew'))).toBe(false);
    for (const id of ['ann', 'bo']) await expect(world.as(id).send('crew')).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(world.server().add('crew', 'bo')).rejects.toMatchObject({ code: 'conflict' });
    expect((await world.operator().room('crew')).room.dissolvedAt).toBeInstanceOf(Date);
  });
});

describe('channels', () => {
  it('are read without joining, and joined by whoever likes', async () => {
    const world = await aWorld().withChannel('news', ['ann']).withUsers(['bo']);
    await world.as('ann').send('news', 'hi');
    expect(await world.as('bo').history('news')).toHaveLength(1);
    await expect(world.as('bo').send('news')).rejects.toMatchObject({ code: 'not-a-member' });
    expect(await world.as('bo').join('news')).toMatchObject({ role: 'member', joinedSeq: 1 });
    await world.as('bo').send('news');
  });

  it('that are closed are found by nobody', async () => {
    const world = await aWorld().withChannel('news', ['ann'], { publicRead: false, joinPolicy: 'closed' }).withUsers(['bo']);
    await expect(world.as('bo').room('news')).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.as('bo').join('news')).rejects.toMatchObject({ kind: expect.stringMatching(/not-found|forbidden/) });
  });
});

describe('lists', () => {
  it('show own rooms to users and all rooms of the tenant to keys and operators', async () => {
    const world = await aWorld()
      .withGroup('one', ['ann', 'bo'])
      .withGroup('two', ['bo'])
      .withTenant('other')
      .withGroup('three', ['ann'], {}, 'other');
    expect(await world.as('ann').rooms()).toEqual(['one']);
    expect(await world.as('bo').rooms()).toEqual(['two', 'one']);
    expect([...(await world.server().rooms())].sort()).toEqual(['one', 'two']);
    const ofAnn = await world.services.rooms.list(world.operator().actor, { memberId: 'ann' }, { limit: 10 });
    expect(ofAnn.items.map(({ room }) => room.id)).toEqual(['one']);
    expect((await world.services.rooms.list(world.server().actor, { memberId: 'ghost' }, { limit: 10 })).items).toEqual([]);
  });
});
