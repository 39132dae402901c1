import { describe, expect, it } from 'vitest';
import { aWorld } from '../testing/world.js';

describe('adding', () => {
  it('answers for each user, and tells who came in', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']).withUsers(['dan']);
    await world.as('ann').ban('crew', 'cy');
    expect(await world.as('bo').add('crew', 'dan', 'bo', 'cy', 'ghost', 'dan')).toEqual([
      { userId: 'dan', status: 'added' },
      { userId: 'bo', status: 'already-member' },
      { userId: 'cy', status: 'refused', code: 'banned' },
      { userId: 'ghost', status: 'refused', code: 'not-found' },
    ]);
    expect(world.seenBy('dan').map(({ type }) => type)).toEqual(['room.entered', 'member.joined']);
  });

  it('is refused to strangers, former members and where members may not invite', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy'], { memberCanInvite: false }).withUsers(['dan']);
    await expect(world.as('bo').add('crew', 'dan')).rejects.toMatchObject({ code: 'forbidden' });
    await world.as('cy').leave('crew');
    await expect(world.as('cy').add('crew', 'dan')).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(world.as('dan').add('crew', 'dan')).rejects.toMatchObject({ code: 'not-found' });
    await world.as('ann').add('crew', 'dan');
  });

  it('never brings in whom a ban catches in the same moment', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']).withUsers(['cy']);
    await Promise.all([world.as('ann').ban('crew', 'cy'), world.as('bo').add('crew', 'cy'), world.server().add('crew', 'cy')]);
    const ids = (await world.as('ann').members('crew')).map(({ user }) => user.id);
    expect(ids).toEqual(['ann', 'bo']);
    await expect(world.as('cy').room('crew')).rejects.toMatchObject({ code: 'banned' });
  });

  it('brings the same user in once when it is added twice at once', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']).withUsers(['cy']);
    await Promise.all([world.as('ann').add('crew', 'cy'), world.as('bo').add('crew', 'cy')]);
    expect((await world.events('crew')).filter(({ type }) => type === 'member.joined')).toHaveLength(3);
    expect(world.seenBy('cy').filter(({ type }) => type === 'room.entered')).toHaveLength(1);
  });

  it('is all or nothing when the room gets full', async () => {
    const world = await aWorld().withGroup('crew', ['ann'], { maxMembers: 2 }).withUsers(['bo', 'cy']);
    await expect(world.as('ann').add('crew', 'bo', 'cy')).rejects.toMatchObject({ code: 'room-full' });
    expect(await world.as('ann').members('crew')).toHaveLength(1);
  });

  it('answers an Idempotency-Key again as it did first', async () => {
    const world = await aWorld().withGroup('crew', ['ann']).withUsers(['bo', 'cy']);
    const first = await world.as('ann').withKey('k').add('crew', 'bo');
    expect(first).toEqual([{ userId: 'bo', status: 'added' }]);
    expect(await world.as('ann').withKey('k').add('crew', 'bo')).toEqual(first);
    await expect(world.as('ann').withKey('k').add('crew', 'cy')).rejects.toMatchObject({ code: 'idempotency-mismatch' });
  });

  it('is audited when a key does it', async () => {
    const world = await aWorld().withGroup('crew', ['ann']).withUsers(['bo']);
    await world.server().add('crew', 'bo');
    const { items } = await world.services.audit.ofTenant(world.operator().actor, {}, { limit: 10 });
    expect(items).toMatchObject([{ action: 'member.add', actorKind: 'key', actorId: 'test-key' }]);
  });
});

describe('joining', () => {
  it('is open where the room says so, and a repeat is no error', async () => {
    const world = await aWorld().withGroup('crew', ['ann'], { joinPolicy: 'open' }).withUsers(['bo']);
    await world.as('bo').join('crew');
    expect(await world.as('bo').join('crew')).toMatchObject({ role: 'member', status: 'member' });
    expect(await world.as('ann').members('crew')).toHaveLength(2);
  });

  it('shows a closed group to nobody, and a former member that it is closed', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']).withUsers(['cy']);
    await expect(world.as('cy').join('crew')).rejects.toMatchObject({ code: 'not-found' });
    await world.as('bo').leave('crew');
    await expect(world.as('bo').join('crew')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('does not shake off a mute', async () => {
    const world = await aWorld().withChannel('news', ['ann', 'bo']);
    await world.as('ann').mute('news', 'bo');
    await world.as('bo').leave('news');
    await world.as('bo').join('news');
    await expect(world.as('bo').send('news')).rejects.toMatchObject({ code: 'muted' });
  });
});

describe('leaving', () => {
  it('is told to the others, and ends what the one who left receives', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo']);
    await world.as('bo').leave('crew');
    await world.as('ann').send('crew', 'later');
    expect(
      world
        .seenBy('bo')
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['room.exited', 'member.left']);
    expect(await world.as('bo').rooms()).toEqual([]);
  });

  it('asks the owner for an heir', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']).withUsers(['dan']);
    await expect(world.as('ann').leave('crew')).rejects.toMatchObject({ code: 'conflict' });
    await expect(world.as('ann').leave('crew', 'dan')).rejects.toMatchObject({ code: 'conflict' });
    await expect(world.as('ann').leave('crew', 'ann')).rejects.toMatchObject({ code: 'conflict' });
    await world.as('ann').leave('crew', 'cy');
    expect((await world.as('bo').members('crew')).map(({ user, role }) => [user.id, role])).toEqual([
      ['cy', 'owner'],
      ['bo', 'member'],
    ]);
  });

  it('hands over by itself to the oldest admin, else the oldest member', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await world.as('ann').setRole('crew', 'cy', 'admin');
    await world.as('ann').leave('crew', 'auto');
    await world.as('cy').leave('crew', 'auto');
    expect((await world.as('bo').members('crew')).map(({ user, role }) => [user.id, role])).toEqual([['bo', 'owner']]);
  });

  it('of the last one dissolves a group', async () => {
    const world = await aWorld().withGroup('crew', ['ann']);
    await world.as('ann').leave('crew');
    expect((await world.events('crew')).at(-1)?.type).toBe('room.dissolved');
    expect((await world.operator().room('crew')).room).toMatchObject({ memberCount: 0, dissolvedAt: expect.any(Date) });
  });

  it('at the same time leaves nobody without an owner', async () => {
    const world = await aWorld().withGroup('crew', ['ann', 'bo', 'cy']);
    await Promise.all([world.as('ann').leave('crew', 'bo'), world.as('bo').leave('crew')].map((leaving) => leaving.catch(() => undefined)));
    const members = await world.operator().members('crew');
    expect(members.some(({ role }) => role === 'owner')).toBe(true);
  });
});

describe('standing', () => {
  const crew = () => aWorld().withGroup('crew', ['ann', 'bo', 'cy', 'dan']);

  it('lets an admin touch plain members and nobody else', async () => {
    const world = await crew();
    await world.as('ann').setRole('crew', 'bo', 'admin');
    await world.as('ann').setRole('crew', 'cy', 'admin');
    const forbidden = { code: 'forbidden' };
    for (const target of ['ann', 'cy']) {
      await expect(world.as('bo').remove('crew', target)).rejects.toMatchObject(forbidden);
      await expect(world.as('bo').mute('crew', target)).rejects.toMatchObject(forbidden);
      await expect(world.as('bo').ban('crew', target)).rejects.toMatchObject(forbidden);
      await expect(world.as('bo').change('crew', target, { name: 'x' })).rejects.toMatchObject(forbidden);
      await expect(world.as('bo').setRole('crew', target, 'member')).rejects.toMatchObject(forbidden);
    }
    await expect(world.as('bo').setRole('crew', 'dan', 'admin')).rejects.toMatchObject(forbidden);
    await world.as('bo').change('crew', 'dan', { name: 'Danny', muteSeconds: 0 });
    await world.as('bo').remove('crew', 'dan');
  });

  it('gives plain members no power', async () => {
    const world = await crew();
    const forbidden = { code: 'forbidden' };
    await expect(world.as('bo').remove('crew', 'cy')).rejects.toMatchObject(forbidden);
    await expect(world.as('bo').mute('crew', 'cy')).rejects.toMatchObject(forbidden);
    await expect(world.as('bo').change('crew', 'cy', { name: 'x' })).rejects.toMatchObject(forbidden);
    expect(await world.as('bo').change('crew', 'bo', { name: 'Bobby' })).toMatchObject({ name: 'Bobby' });
  });

  it('keeps one owner: handing over makes the giver an admin', async () => {
    const world = await crew();
    await expect(world.as('ann').setRole('crew', 'ann', 'member')).rejects.toMatchObject({ code: 'forbidden' });
    await world.as('ann').setRole('crew', 'bo', 'owner');
    const roles = new Map((await world.as('bo').members('crew')).map(({ user, role }) => [user.id, role]));
    expect([roles.get('ann'), roles.get('bo')]).toEqual(['admin', 'owner']);
  });

  it('keeps one owner when two hand-overs race', async () => {
    const world = await crew();
    const results = await Promise.allSettled([
      world.as('ann').setRole('crew', 'bo', 'owner'),
      world.as('ann').setRole('crew', 'cy', 'owner'),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await world.as('ann').members('crew')).filter(({ role }) => role === 'owner')).toHaveLength(1);
  });

  it('unmutes whom it promotes, and mutes nobody for ever by mistake', async () => {
    const world = await crew();
    await world.as('ann').mute('crew', 'bo');
    await world.as('ann').setRole('crew', 'bo', 'admin');
    await world.as('ann').setRole('crew', 'bo', 'member');
    await world.as('bo').send('crew');
    await world.as('ann').mute('crew', 'cy', 10);
    await world.as('ann').mute('crew', 'cy', null);
    await world.as('cy').send('crew');
    expect((await world.as('ann').change('crew', 'cy', { muteSeconds: null })).mutedUntil).toBeUndefined();
  });

  it('stops the powers of a demoted admin on the next act', async () => {
    const world = await crew();
    await world.as('ann').setRole('crew', 'bo', 'admin');
    await Promise.all([
      world.as('ann').setRole('crew', 'bo', 'member'),
      world
        .as('bo')
        .remove('crew', 'dan')
        .catch(() => undefined),
    ]);
    await expect(world.as('bo').remove('crew', 'cy')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('finds no one who is not inside', async () => {
    const world = await crew().then((built) => built);
    await world.as('dan').leave('crew');
    for (const target of ['dan', 'ghost'])
      await expect(world.as('ann').remove('crew', target)).rejects.toMatchObject({ code: 'not-found' });
  });
});
