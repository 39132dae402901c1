import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AlreadyRemembered } from '../../ports/store.js';
import type { UserChange, UserEntry } from '../../ports/user-log.js';
import type { User } from '../../users/user.js';
import { upTo, useTechnology, type OpenTechnology, type Scene } from './scene.js';

const banned = (more: { reason?: string; expiresAt?: Date } = {}): UserChange => ({ type: 'user.banned', banId: randomUUID(), ...more });

/** What every `UserLog` promises. */
export function userLogContract(name: string, open: OpenTechnology): void {
  describe(`UserLog: ${name}`, () => {
    const scene = useTechnology(open);
    const change = (own: Scene, { no }: User, made: UserChange, more: Partial<UserEntry> = {}) =>
      own.technology.userLog.change({
        user: { tenantId: own.tenantId, userNo: no },
        by: { kind: 'operator', id: 'op' },
        change: made,
        ...more,
      });

    it('bans from the tenant: an event, a row, a new version', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const event = await change(own, ann, banned({ reason: 'spam' }));
      expect(event).toMatchObject({
        type: 'user.banned',
        tenantId: own.tenantId,
        userNo: ann.no,
        userPts: 1,
        actor: { kind: 'operator', id: 'op' },
        data: { ban: { reason: 'spam', user: { id: 'ann' } } },
      });
      expect(await own.userEvents(ann)).toEqual([event]);
      const ban = await own.read((tx) => tx.bans.tenantBan(ann.no));
      expect(ban).toMatchObject({ reason: 'spam', createdBy: { kind: 'operator', id: 'op' } });
      expect(ban?.roomNo).toBeUndefined();
      const now = await own.read((tx) => tx.users.byId('ann'));
      expect(now?.version).toBeGreaterThan(ann.version);
      expect(now?.userPts).toBe(1);
      expect((await own.read((tx) => tx.tenant.caller('ann')))?.ban?.reason).toBe('spam');
    });

    it('lifts the ban, once', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      await change(own, ann, banned());
      expect(await change(own, ann, { type: 'user.unbanned' })).toMatchObject({
        type: 'user.unbanned',
        userPts: 2,
        data: { ban: { user: { id: 'ann' } } },
      });
      expect(await own.read((tx) => tx.bans.tenantBan(ann.no))).toBeUndefined();
      await expect(change(own, ann, { type: 'user.unbanned' })).rejects.toMatchObject({ code: 'conflict' });
      expect(await own.userEvents(ann)).toHaveLength(2);
    });

    it('replaces a ban by a new one', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      await change(own, ann, banned({ reason: 'one' }));
      await change(own, ann, banned({ reason: 'two' }));
      expect((await own.read((tx) => tx.bans.list({ userNo: ann.no }, { limit: 10 }))).items).toMatchObject([{ reason: 'two' }]);
    });

    it('knows no user that is not there', async () => {
      const own = await scene();
      const foreign = await (await own.elsewhere()).user('ann');
      await expect(change(own, foreign, banned())).rejects.toMatchObject({ code: 'not-found' });
    });

    it('is gap-free under concurrent changes, and pages', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      await Promise.all(upTo(20).map(() => change(own, ann, banned())));
      const user = { tenantId: own.tenantId, userNo: ann.no };
      const first = await own.technology.userLog.after(user, 0, 7);
      const rest = await own.technology.userLog.after(user, 7, 100);
      expect([...first.events, ...rest.events].map(({ userPts }) => userPts)).toEqual(upTo(20));
      expect([first.pts, rest.pts]).toEqual([20, 20]);
      expect((await own.technology.userLog.after(user, 20, 10)).events).toEqual([]);
    });

    it('writes audit and remembered answer in the same commit, or nothing', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const audit = {
        action: 'ban.create',
        actorKind: 'operator',
        actorId: 'op',
        target: { kind: 'user', id: 'ann' },
        detail: {},
        requestId: 'q',
      } as const;
      const remember = { scope: 's', key: 'k', draft: 'd', answer: 'a' };
      await change(own, ann, banned(), { audit, remember });
      await expect(change(own, ann, banned(), { audit, remember })).rejects.toBeInstanceOf(AlreadyRemembered);
      await expect(change(own, await own.user('bo'), { type: 'user.unbanned' }, { audit })).rejects.toMatchObject({ code: 'conflict' });
      expect((await own.read((tx) => tx.audit.list({}, { limit: 10 }))).items).toHaveLength(1);
      expect(await own.userEvents(ann)).toHaveLength(1);
      expect(await own.read((tx) => tx.remembered.find('s', 'k', 'd'))).toEqual({ answer: 'a', isSameDraft: true });
    });
  });
}
