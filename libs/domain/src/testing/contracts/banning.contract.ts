import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { RoomChange } from '../../ports/room-log.js';
import { found, joined, type Scene } from './scene.js';

const PAST = new Date(Date.now() - 60_000);
const FUTURE = new Date(Date.now() + 3_600_000);

const ban = (userNo: number, more: { reason?: string; expiresAt?: Date } = {}): RoomChange => ({
  type: 'member.banned',
  userNo,
  banId: randomUUID(),
  ...more,
});

/** Bans from one room. */
export function banningContract(scene: () => Promise<Scene>): void {
  const group = async () => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo');
    return { own, ann: found(ann), bo: found(bo), room: await own.group([found(ann), found(bo)]) };
  };

  it('puts a member out and keeps who, why, until when', async () => {
    const { own, ann, bo, room } = await group();
    const { events } = await own.change(room, [ban(bo.no, { reason: 'spam', expiresAt: FUTURE })], { by: { kind: 'user', user: ann } });
    expect(events).toMatchObject([
      {
        type: 'member.banned',
        data: { memberCount: 1, reason: 'spam', expiresAt: FUTURE, member: { status: 'banned', user: { id: 'bo' } } },
      },
    ]);
    const access = await own.access(room, bo);
    expect(access.member?.status).toBe('banned');
    expect(access.ban).toMatchObject({
      roomNo: room.roomNo,
      roomId: room.roomId,
      reason: 'spam',
      expiresAt: FUTURE,
      user: { id: 'bo' },
      createdBy: { kind: 'user', user: { id: 'ann' } },
    });
    expect((await own.roomNow(room)).memberCount).toBe(1);
  });

  it('bans who was never inside', async () => {
    const { own, room } = await group();
    const cy = await own.user('cy');
    const { events } = await own.change(room, [ban(cy.no)]);
    expect(events).toMatchObject([{ data: { memberCount: 2, member: { role: 'member', status: 'banned', user: { id: 'cy' } } } }]);
    expect((await own.access(room, cy)).ban).toBeDefined();
    expect(await own.roomNow(room)).toMatchObject({ memberCount: 2 });
  });

  it('replaces a ban in force by a new one', async () => {
    const { own, bo, room } = await group();
    await own.change(room, [ban(bo.no, { reason: 'one', expiresAt: FUTURE })]);
    const second = ban(bo.no, { reason: 'two' });
    await own.change(room, [second]);
    const access = await own.access(room, bo);
    expect(access.ban).toMatchObject({ id: second.type === 'member.banned' && second.banId, reason: 'two' });
    expect(access.ban?.expiresAt).toBeUndefined();
    expect((await own.roomNow(room)).memberCount).toBe(1);
    expect((await own.read((tx) => tx.bans.list({ roomNo: room.roomNo }, { limit: 10 }))).items).toHaveLength(1);
  });

  it('lifts a ban; who is lifted is not inside again', async () => {
    const { own, bo, room } = await group();
    await own.change(room, [ban(bo.no)]);
    const { events } = await own.change(room, [{ type: 'member.unbanned', userNo: bo.no }]);
    expect(events).toMatchObject([{ type: 'member.unbanned', data: { memberCount: 1, member: { status: 'removed' } } }]);
    const access = await own.access(room, bo);
    expect([access.ban, access.member?.status]).toEqual([undefined, 'removed']);
    await expect(own.change(room, [{ type: 'member.unbanned', userNo: bo.no }])).rejects.toMatchObject({ code: 'not-found' });
    await own.change(room, [joined(bo)]);
    expect((await own.member(room, bo)).status).toBe('member');
  });

  it('lets in whose ban ran out; lifting that ban later does not put the member out', async () => {
    const { own, bo, room } = await group();
    await own.change(room, [ban(bo.no, { expiresAt: PAST })]);
    expect((await own.access(room, bo)).ban?.expiresAt).toEqual(PAST);
    await own.change(room, [joined(bo)]);
    await own.change(room, [{ type: 'member.unbanned', userNo: bo.no }]).catch(() => undefined);
    expect((await own.member(room, bo)).status).toBe('member');
    expect(await own.roomNow(room)).toMatchObject({ memberCount: 2 });
  });

  it('lists bans in force, newest first, by room, scope and user', async () => {
    const { own, ann, bo, room } = await group();
    const cy = await own.user('cy');
    const other = await own.group([ann]);
    await own.change(room, [ban(bo.no, { reason: '1' })]);
    await own.change(room, [ban(cy.no, { expiresAt: PAST, reason: 'over' })]);
    await own.change(other, [ban(cy.no, { reason: '2' })]);
    const user = { tenantId: own.tenantId, userNo: cy.no };
    await own.technology.userLog.change({
      user,
      by: { kind: 'key', id: 'k' },
      change: { type: 'user.banned', banId: randomUUID(), reason: '3' },
    });
    const list = async (filter: object) => (await own.read((tx) => tx.bans.list(filter, { limit: 10 }))).items.map(({ reason }) => reason);
    expect(await list({})).toEqual(['3', '2', '1']);
    expect(await list({ roomNo: room.roomNo })).toEqual(['1']);
    expect(await list({ scope: 'tenant' })).toEqual(['3']);
    expect(await list({ scope: 'room' })).toEqual(['2', '1']);
    expect(await list({ userNo: cy.no })).toEqual(['3', '2']);
    const first = await own.read((tx) => tx.bans.list({}, { limit: 2 }));
    const second = await own.read((tx) => tx.bans.list({}, { limit: 2, after: first.next }));
    expect([...first.items, ...second.items].map(({ reason }) => reason)).toEqual(['3', '2', '1']);
    expect(second.next).toBeUndefined();
  });
}
