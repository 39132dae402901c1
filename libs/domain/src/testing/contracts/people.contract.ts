import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { found, upTo, type Scene } from './scene.js';

/** Users of a tenant. */
export function peopleContract(scene: () => Promise<Scene>): void {
  it('inserts who is new, once, whoever races, and leaves who is there as it is', async () => {
    const own = await scene();
    const all = await Promise.all(upTo(10).map((n) => own.read((tx) => tx.users.ensure([{ id: 'ann', name: `Ann ${n}` }]))));
    expect(new Set(all.flat().map(({ no }) => no)).size).toBe(1);
    expect(new Set(all.flat().map(({ name }) => name)).size).toBe(1);
    const [again] = await own.read((tx) => tx.users.ensure([{ id: 'ann', name: 'Other', image: 'https://x.example/y.png' }]));
    expect(again).toEqual(all[0]?.[0]);
  });

  it('inserts many at once, in any order, with the same one named twice', async () => {
    const own = await scene();
    const ids = upTo(30).map((n) => `u${n}`);
    await Promise.all(
      [ids, [...ids].reverse(), [...ids, ...ids]].map((list) => own.read((tx) => tx.users.ensure(list.map((id) => ({ id, name: id }))))),
    );
    const users = await own.read((tx) => tx.users.byIds([...ids, 'missing']));
    expect(users).toHaveLength(30);
    expect(new Set(users.map(({ no }) => no)).size).toBe(30);
  });

  it('begins with what was given', async () => {
    const own = await scene();
    const [ann] = await own.read((tx) =>
      tx.users.ensure([{ id: 'ann', name: 'Ann', image: 'https://x.example/y.png', metadata: { a: [1] } }]),
    );
    expect(ann).toMatchObject({
      id: 'ann',
      name: 'Ann',
      image: 'https://x.example/y.png',
      metadata: { a: [1] },
      directFrom: 'everyone',
      userPts: 0,
    });
    expect(ann?.deactivatedAt).toBeUndefined();
    expect(await own.read((tx) => tx.users.byId('ann'))).toEqual(ann);
  });

  it('changes what is named and nothing else', async () => {
    const own = await scene();
    const { no } = await own.user('ann');
    const image = 'https://x.example/y.png';
    await own.read((tx) => tx.users.update(no, { image, metadata: { a: 1 }, directFrom: 'friends' }));
    const named = await own.read((tx) => tx.users.update(no, { name: 'Anna' }));
    expect(named).toMatchObject({ name: 'Anna', image, metadata: { a: 1 }, directFrom: 'friends' });
    const bare = await own.read((tx) => tx.users.update(no, { image: null }));
    expect(bare?.image).toBeUndefined();
    expect(bare?.name).toBe('Anna');
    expect(await own.read((tx) => tx.users.update(2_000_000_000, { name: 'x' }))).toBeUndefined();
  });

  it('deactivates and reactivates, each raising the version', async () => {
    const own = await scene();
    const { no, version } = await own.user('ann');
    const off = found(await own.read((tx) => tx.users.setDeactivated(no, true)));
    expect(off.deactivatedAt).toBeInstanceOf(Date);
    expect(off.version).toBeGreaterThan(version);
    const on = found(await own.read((tx) => tx.users.setDeactivated(no, false)));
    expect(on.deactivatedAt).toBeUndefined();
    expect(on.version).toBeGreaterThan(off.version);
  });

  it('lists by id, by the beginning of the id or a part of the name, in pages', async () => {
    const own = await scene();
    await own.read((tx) =>
      tx.users.ensure([
        { id: 'b1', name: 'Zoe' },
        { id: 'a1', name: 'Bert' },
        { id: 'B2', name: 'Al%x' },
        { id: 'c1', name: 'Ab_ba' },
      ]),
    );
    const list = async (q?: string) => (await own.read((tx) => tx.users.list({ q }, { limit: 10 }))).items.map(({ id }) => id);
    expect((await list('b')).sort()).toEqual(['B2', 'a1', 'b1', 'c1']);
    expect(await list('ZO')).toEqual(['b1']);
    expect(await list('%')).toEqual(['B2']);
    expect(await list('_')).toEqual(['c1']);
    expect(await list('1')).toEqual([]);
    const first = await own.read((tx) => tx.users.list({}, { limit: 3 }));
    const second = await own.read((tx) => tx.users.list({}, { limit: 3, after: first.next }));
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect([first.items.length, second.items.length, second.next]).toEqual([3, 1, undefined]);
    expect([...ids].sort()).toEqual(['B2', 'a1', 'b1', 'c1']);
    expect(ids.filter((id) => id !== 'B2')).toEqual(['a1', 'b1', 'c1']);
  });

  it('lists who is deactivated or banned', async () => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo', 'cy');
    await own.read((tx) => tx.users.setDeactivated(found(ann).no, true));
    const user = { tenantId: own.tenantId, userNo: found(bo).no };
    await own.technology.userLog.change({ user, by: { kind: 'key', id: 'k' }, change: { type: 'user.banned', banId: randomUUID() } });
    const list = async (filter: object) => (await own.read((tx) => tx.users.list(filter, { limit: 10 }))).items.map(({ id }) => id);
    expect(await list({ deactivated: true })).toEqual(['ann']);
    expect(await list({ deactivated: false })).toEqual(['bo', 'cy']);
    expect(await list({ banned: true })).toEqual(['bo']);
    expect(await list({ banned: false })).toEqual(['ann', 'cy']);
  });

  it('reads a caller with its tenant in one go', async () => {
    const own = await scene();
    const ann = await own.user('ann');
    const caller = await own.read((tx) => tx.tenant.caller('ann'));
    expect(caller).toMatchObject({ tenant: { id: own.tenantId }, user: { no: ann.no } });
    expect(caller?.ban).toBeUndefined();
    expect((await own.read((tx) => tx.tenant.caller('nobody')))?.user).toBeUndefined();
    expect((await own.read((tx) => tx.tenant.caller('nobody')))?.tenant.id).toBe(own.tenantId);
  });
}
