import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit.js';
import { SCOPES } from '../../actor.js';
import { AlreadyRemembered } from '../../ports/store.js';
import { DEFAULT_TENANT_SETTINGS } from '../../tenants/tenant.js';
import { found, upTo, type Scene } from './scene.js';

const audit = (action: string, actorId = 'k'): AuditEntry => ({
  action,
  actorKind: 'key',
  actorId,
  target: { kind: 'room', id: 'r' },
  detail: { a: 1 },
  requestId: 'q',
  ip: '::1',
});

/** Tenants, what keeps them apart, transactions, and what is kept beside the chat: keys, audit, remembered answers. */
export function tenancyContract(scene: () => Promise<Scene>): void {
  describe('transactions', () => {
    it('leave nothing when they throw', async () => {
      const own = await scene();
      const failed = own.read(async (tx) => {
        await tx.users.ensure([{ id: 'ann', name: 'Ann' }]);
        await tx.audit.append(audit('user.put'));
        await tx.remembered.save({ scope: 's', key: 'k', draft: 'd', answer: 1 });
        throw new Error('on the way');
      });
      await expect(failed).rejects.toThrow('on the way');
      expect(await own.read((tx) => tx.users.byId('ann'))).toBeUndefined();
      expect((await own.read((tx) => tx.audit.list({}, { limit: 10 }))).items).toEqual([]);
      expect(await own.read((tx) => tx.remembered.find('s', 'k', 'd'))).toBeUndefined();
    });

    it('see what they wrote', async () => {
      const own = await scene();
      const seen = await own.read(async (tx) => {
        await tx.users.ensure([{ id: 'ann', name: 'Ann' }]);
        return tx.users.byId('ann');
      });
      expect(seen?.name).toBe('Ann');
    });

    it('of the platform leave nothing when they throw', async () => {
      const own = await scene();
      const id = `t-${randomUUID()}`;
      const failed = own.technology.store.platform(async (tx) => {
        await tx.tenants.insert({ id, name: id, settings: DEFAULT_TENANT_SETTINGS });
        throw new Error('on the way');
      });
      await expect(failed).rejects.toThrow('on the way');
      expect(await own.technology.store.platform((tx) => tx.tenants.get(id))).toBeUndefined();
    });
  });

  describe('apart', () => {
    it('are the same ids of two tenants', async () => {
      const [one, two] = await Promise.all([scene(), scene()]);
      const [ann, other] = [await one.user('ann'), await two.user('ann')];
      const [room, foreign] = [await one.group([ann], {}, 'lounge'), await two.group([other], {}, 'lounge')];
      await one.say(room, ann, { text: 'one' });
      await two.read((tx) => tx.users.update(other.no, { name: 'Other' }));
      expect((await one.messages(room)).map(({ text }) => text)).toEqual(['one']);
      expect(await two.messages(foreign)).toEqual([]);
      expect((await one.user('ann')).name).toBe('Name of ann');
    });

    it('another tenant’s ids and numbers are not found', async () => {
      const [one, two] = await Promise.all([scene(), scene()]);
      const ann = await one.user('ann');
      const room = await one.group([ann]);
      const { message } = await one.say(room, ann);
      const foreign = { ...room, tenantId: two.tenantId };
      expect(await two.read((tx) => tx.users.byId('ann'))).toBeUndefined();
      expect(await two.read((tx) => tx.users.update(ann.no, { name: 'stolen' }))).toBeUndefined();
      expect(await two.read((tx) => tx.rooms.byId(room.roomId))).toBeUndefined();
      expect(await two.read((tx) => tx.rooms.access(room.roomId, ann.no))).toBeUndefined();
      expect(await two.read((tx) => tx.members.get(room.roomNo, ann.no))).toBeUndefined();
      expect((await two.read((tx) => tx.members.list(room.roomNo, { limit: 10 }))).items).toEqual([]);
      expect(await two.read((tx) => tx.members.mark(room.roomNo, ann.no, 'read', 1))).toBeUndefined();
      expect(await two.log.message(foreign, message.id)).toBeUndefined();
      await expect(
        two.log.change({ room: foreign, by: { kind: 'system', id: 'x' }, changes: [{ type: 'room.dissolved' }] }),
      ).rejects.toMatchObject({ code: 'not-found' });
      expect((await one.user('ann')).name).toBe('Name of ann');
    });
  });

  describe('tenants', () => {
    it('are inserted once, and each change raises the version', async () => {
      const own = await scene();
      const { store } = own.technology;
      const before = found(await own.read((tx) => tx.tenant.get()));
      expect(before).toMatchObject({ id: own.tenantId, status: 'active', settings: DEFAULT_TENANT_SETTINGS });
      expect(
        await store.platform((tx) => tx.tenants.insert({ id: own.tenantId, name: 'again', settings: DEFAULT_TENANT_SETTINGS })),
      ).toBeUndefined();
      const settings = { ...DEFAULT_TENANT_SETTINGS, firstSight: false, limits: { textLength: 7 } };
      const changed = found(await store.platform((tx) => tx.tenants.update(own.tenantId, { settings, status: 'suspended' })));
      expect(changed).toMatchObject({ name: before.name, settings, status: 'suspended', suspendedAt: expect.any(Date) });
      expect(changed.version).toBeGreaterThan(before.version);
      const resumed = found(await store.platform((tx) => tx.tenants.update(own.tenantId, { status: 'active' })));
      expect(resumed.suspendedAt).toBeUndefined();
      expect(await store.platform((tx) => tx.tenants.versionsOf([`t-${randomUUID()}`, own.tenantId]))).toEqual([
        undefined,
        resumed.version,
      ]);
      expect(await store.platform((tx) => tx.tenants.update(`t-${randomUUID()}`, { name: 'x' }))).toBeUndefined();
    });

    it('are listed by id, of those granted, in pages', async () => {
      const scenes = await Promise.all(upTo(4).map(scene));
      const ids = scenes.map(({ tenantId }) => tenantId).sort();
      const { store } = found(scenes[0]).technology;
      await store.platform((tx) => tx.tenants.update(found(ids[1]), { status: 'suspended' }));
      const first = await store.platform((tx) => tx.tenants.list({ only: ids }, { limit: 3 }));
      const second = await store.platform((tx) => tx.tenants.list({ only: ids }, { limit: 3, after: first.next }));
      expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([ids.slice(0, 3), ids.slice(3)]);
      expect(second.next).toBeUndefined();
      const suspended = await store.platform((tx) => tx.tenants.list({ only: ids, status: 'suspended' }, { limit: 10 }));
      expect(suspended.items.map(({ id }) => id)).toEqual([ids[1]]);
      expect((await store.platform((tx) => tx.tenants.list({ only: [] }, { limit: 10 }))).items).toEqual([]);
    });

    it('know their figures', async () => {
      const own = await scene();
      const users = await own.users('ann', 'bo');
      const room = await own.group(users);
      for (const _ of upTo(3)) await own.say(room, found(users[0]));
      expect(await own.read((tx) => tx.tenant.figures())).toMatchObject({ users: 2, rooms: 1, messages: 3, bans: 0 });
      const all = await own.technology.store.platform((tx) => tx.tenants.figures());
      expect(all.tenants).toBeGreaterThanOrEqual(1);
      expect(all.totals.messages).toBeGreaterThanOrEqual(3);
    });
  });

  describe('keys', () => {
    it('of servers are found by hash, listed newest first, revoked for good', async () => {
      const [own, other] = await Promise.all([scene(), scene()]);
      const hashes = upTo(3).map(() => randomUUID());
      const ids: string[] = [];
      for (const hash of hashes) {
        const key = { id: randomUUID(), tenantId: own.tenantId, name: `key ${ids.length}`, prefix: 'sk_t_abcd', scopes: SCOPES, hash };
        ids.push((await own.read((tx) => tx.keys.insertApiKey(key))).id);
      }
      const byHash = (at: Scene) => at.read((tx) => tx.keys.apiKeyByHash(found(hashes[1])));
      expect(await byHash(own)).toMatchObject({ id: ids[1], name: 'key 1', tenantId: own.tenantId, scopes: [...SCOPES] });
      expect(await byHash(other)).toBeUndefined();
      await own.read((tx) => tx.keys.touchApiKey(found(ids[1])));
      expect((await byHash(own))?.lastUsedAt).toBeInstanceOf(Date);
      expect(await own.read((tx) => tx.keys.revokeApiKey(found(ids[1])))).toMatchObject({ revokedAt: expect.any(Date) });
      expect((await byHash(own))?.revokedAt).toBeInstanceOf(Date);
      expect(await other.read((tx) => tx.keys.revokeApiKey(found(ids[0])))).toBeUndefined();
      const page = await own.read((tx) => tx.keys.listApiKeys({ limit: 2 }));
      const rest = await own.read((tx) => tx.keys.listApiKeys({ limit: 2, after: page.next }));
      expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual([...ids].reverse());
    });

    it('that sign tokens likewise', async () => {
      const [own, other] = await Promise.all([scene(), scene()]);
      const ids = upTo(3).map((n) => `kid_${own.tenantId}_${'A'.repeat(19)}${n}`);
      for (const id of ids) {
        await own.read((tx) =>
          tx.keys.insertSigningKey({ id, tenantId: own.tenantId, algorithm: 'HS256', material: `sealed ${id}`, userIdPrefix: 'p:' }),
        );
      }
      expect(await own.read((tx) => tx.keys.signingKey(found(ids[0])))).toMatchObject({
        material: `sealed ${ids[0]}`,
        userIdPrefix: 'p:',
        algorithm: 'HS256',
      });
      expect(await other.read((tx) => tx.keys.signingKey(found(ids[0])))).toBeUndefined();
      const version = async () => (await own.read((tx) => tx.tenant.get()))?.version;
      const before = found(await version());
      expect(await own.read((tx) => tx.keys.revokeSigningKey(found(ids[0])))).toMatchObject({ revokedAt: expect.any(Date) });
      expect(await version()).toBe(before + 1);
      await own.read((tx) => tx.keys.revokeSigningKey(found(ids[0])));
      expect(await version()).toBe(before + 1);
      expect((await own.read((tx) => tx.keys.listSigningKeys({ limit: 10 }))).items.map(({ id }) => id)).toEqual([...ids].reverse());
    });
  });

  describe('audit', () => {
    it('is numbered 1, 2, 3, ... per tenant, chained, newest first, filtered and paged', async () => {
      const own = await scene();
      for (const n of upTo(5)) await own.read((tx) => tx.audit.append(audit(n % 2 === 0 ? 'even' : 'odd', `k${n}`)));
      const first = await own.read((tx) => tx.audit.list({}, { limit: 3 }));
      const second = await own.read((tx) => tx.audit.list({}, { limit: 3, after: first.next }));
      const records = [...first.items, ...second.items];
      expect(records.map(({ number }) => number)).toEqual([5, 4, 3, 2, 1]);
      expect(records[0]).toMatchObject({ ...audit('odd', 'k5'), tenantId: own.tenantId });
      expect(new Set(records.map(({ hash }) => hash)).size).toBe(5);
      expect((await own.read((tx) => tx.audit.list({ action: 'even' }, { limit: 10 }))).items.map(({ number }) => number)).toEqual([4, 2]);
      expect((await own.read((tx) => tx.audit.list({ actorId: 'k3' }, { limit: 10 }))).items).toHaveLength(1);
    });

    it('has no gap and no double number when written at once', async () => {
      const own = await scene();
      await Promise.all(upTo(20).map(() => own.read((tx) => tx.audit.append(audit('x')))));
      const { items } = await own.read((tx) => tx.audit.list({}, { limit: 100 }));
      expect(items.map(({ number }) => number)).toEqual(upTo(20).reverse());
    });

    it('of the platform is no tenant’s', async () => {
      const own = await scene();
      const action = `mark.${randomUUID()}`;
      await own.technology.store.platform((tx) => tx.audit.append(audit(action)));
      const { items } = await own.technology.store.platform((tx) => tx.audit.list({ action }, { limit: 10 }));
      expect(items).toHaveLength(1);
      expect(items[0]?.tenantId).toBeUndefined();
      expect((await own.read((tx) => tx.audit.list({ action }, { limit: 10 }))).items).toEqual([]);
    });
  });

  describe('remembered answers', () => {
    it('are saved once and found by scope, key and draft', async () => {
      const own = await scene();
      const remember = { scope: 's', key: 'k', draft: 'd', answer: { ids: ['a', null, 1] } };
      const saves = await Promise.allSettled(upTo(3).map(() => own.read((tx) => tx.remembered.save(remember))));
      expect(saves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const save of saves) if (save.status === 'rejected') expect(save.reason).toBeInstanceOf(AlreadyRemembered);
      expect(await own.read((tx) => tx.remembered.find('s', 'k', 'd'))).toEqual({ answer: remember.answer, isSameDraft: true });
      expect(await (await scene()).read((tx) => tx.remembered.find('s', 'k', 'd'))).toBeUndefined();
    });
  });
}
