import { describe, expect, it } from 'vitest';
import { FOREVER } from '../../members/member.js';
import { found, joined, upTo, type Scene } from './scene.js';

/** Who is in a room: statuses, counters, mutes, what users are told in their own logs. */
export function membershipContract(scene: () => Promise<Scene>): void {
  const group = async (...ids: string[]) => {
    const own = await scene();
    const [ann, bo, cy] = await own.users(...ids);
    const users = [ann, bo, cy].filter((user) => user !== undefined);
    return { own, ann: found(ann), bo: found(bo), users, room: await own.group(users) };
  };

  it('keeps a row of who was inside, with how it went', async () => {
    const { own, bo, room, users } = await group('ann', 'bo', 'cy');
    await own.change(room, [{ type: 'member.left', userNo: bo.no }]);
    await own.change(room, [{ type: 'member.removed', userNo: found(users[2]).no }]);
    expect((await own.access(room, bo)).member?.status).toBe('left');
    expect((await own.access(room, found(users[2]))).member?.status).toBe('removed');
    expect((await own.access(room, await own.user('stranger'))).member).toBeUndefined();
    expect((await own.roomNow(room)).memberCount).toBe(1);
    expect((await own.read((tx) => tx.members.list(room.roomNo, { limit: 10 }))).items.map(({ user }) => user.id)).toEqual(['ann']);
  });

  it('lets who comes back begin at the present', async () => {
    const { own, ann, bo, room } = await group('ann', 'bo');
    await own.change(room, [{ type: 'member.left', userNo: bo.no }]);
    for (const _ of upTo(3)) await own.say(room, ann);
    const { events } = await own.change(room, [joined(bo)]);
    expect(events).toMatchObject([{ type: 'member.joined', pts: 8, data: { memberCount: 2 } }]);
    expect(await own.member(room, bo)).toMatchObject({
      status: 'member',
      role: 'member',
      joinedPts: 8,
      joinedSeq: 3,
      readSeq: 3,
      deliveredSeq: 3,
    });
  });

  it('says nothing when one who is inside joins again, also in a race', async () => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo');
    const room = await own.group([found(ann)]);
    const tells = [{ userNo: found(bo).no, type: 'room.entered' as const }];
    const results = await Promise.all(upTo(4).map(() => own.change(room, [joined(found(bo))], { tells })));
    expect(results.map(({ events }) => events.length).sort()).toEqual([0, 0, 0, 1]);
    expect(await own.roomNow(room)).toMatchObject({ memberCount: 2, pts: 3 });
    expect(await own.userEvents(found(bo))).toHaveLength(1);
  });

  it('hides a room from who was brought in hidden, until something is said', async () => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo');
    const room = await own.group([found(ann)]);
    await own.change(room, [{ type: 'member.joined', userNo: found(bo).no, role: 'member', isHidden: true }]);
    const listed = async () => (await own.read((tx) => tx.rooms.listOf(found(bo).no, {}, { limit: 10 }))).items.length;
    expect(await own.member(room, found(bo))).toMatchObject({ hiddenSeq: 0 });
    expect(await listed()).toBe(0);
    expect(await own.read((tx) => tx.rooms.startOf([found(bo).no], 10))).toMatchObject([
      { rooms: [{ no: room.roomNo, id: room.roomId, isListed: false }] },
    ]);
    await own.say(room, found(ann));
    expect(await listed()).toBe(1);
  });

  it('mutes until a time and lifts it', async () => {
    const { own, bo, room } = await group('ann', 'bo');
    const muted = await own.change(room, [{ type: 'member.muted', userNo: bo.no, until: FOREVER, reason: 'loud' }]);
    expect(muted.events).toMatchObject([{ data: { reason: 'loud', expiresAt: FOREVER, member: { mutedUntil: FOREVER } } }]);
    expect((await own.member(room, bo)).mutedUntil).toEqual(FOREVER);
    await own.change(room, [{ type: 'member.unmuted', userNo: bo.no }]);
    expect((await own.member(room, bo)).mutedUntil).toBeUndefined();
  });

  it('does not lift a mute by leaving and coming back', async () => {
    const { own, bo, room } = await group('ann', 'bo');
    await own.change(room, [{ type: 'member.muted', userNo: bo.no, until: FOREVER }]);
    await own.change(room, [{ type: 'member.left', userNo: bo.no }]);
    await own.change(room, [joined(bo)]);
    expect((await own.member(room, bo)).mutedUntil).toEqual(FOREVER);
  });

  it('gives and takes a name in the room', async () => {
    const { own, bo, room } = await group('ann', 'bo');
    await own.change(room, [{ type: 'member.updated', userNo: bo.no, patch: { name: 'Boss' } }]);
    expect(await own.member(room, bo)).toMatchObject({ name: 'Boss', role: 'member' });
    await own.change(room, [{ type: 'member.updated', userNo: bo.no, patch: { name: null } }]);
    expect((await own.member(room, bo)).name).toBeUndefined();
  });

  it('lists owners first, then by time of joining, in pages', async () => {
    const own = await scene();
    const users = await own.users(...upTo(7).map((n) => `u${n}`));
    const room = await own.group(users);
    await own.change(room, [{ type: 'member.updated', userNo: found(users[4]).no, patch: { role: 'owner' } }]);
    await own.change(room, [{ type: 'member.updated', userNo: found(users[5]).no, patch: { role: 'admin' } }]);
    const ids: string[] = [];
    let after: readonly (string | number)[] | undefined;
    do {
      const page = await own.read((tx) => tx.members.list(room.roomNo, { limit: 3, after }));
      expect(page.items.length).toBeLessThanOrEqual(3);
      ids.push(...page.items.map(({ user }) => user.id));
      after = page.next;
    } while (after && ids.length < 20);
    expect(ids).toEqual(['u1', 'u5', 'u2', 'u3', 'u4', 'u6', 'u7']);
  });

  it('names the heir: the oldest admin, else the oldest member, never who goes', async () => {
    const { own, ann, bo, room, users } = await group('ann', 'bo', 'cy');
    const heir = async () => (await own.read((tx) => tx.members.heir(room.roomNo, ann.no)))?.user.id;
    expect(await heir()).toBe('bo');
    await own.change(room, [{ type: 'member.updated', userNo: found(users[2]).no, patch: { role: 'admin' } }]);
    expect(await heir()).toBe('cy');
    expect(await own.read((tx) => tx.members.countOwners(room.roomNo))).toBe(1);
    await own.change(room, [{ type: 'member.left', userNo: bo.no }]);
    await own.change(room, [{ type: 'member.left', userNo: found(users[2]).no }]);
    expect(await heir()).toBeUndefined();
  });

  describe('tells', () => {
    it('writes them into the users’ logs in the same commit, without a gap', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const rooms = await Promise.all(upTo(10).map(() => own.group([found(ann)])));
      const userNo = found(bo).no;
      const results = await Promise.all(
        rooms.map((room) =>
          own.change(room, [joined(found(bo))], { tells: [{ userNo, type: 'room.entered' }], by: { kind: 'user', user: found(ann) } }),
        ),
      );
      const told = results.flatMap(({ userEvents }) => userEvents);
      expect(told.map(({ userPts }) => userPts).sort((a, b) => a - b)).toEqual(upTo(10));
      const events = await own.userEvents(found(bo));
      expect(events.map(({ userPts }) => userPts)).toEqual(upTo(10));
      expect(events[0]).toMatchObject({
        type: 'room.entered',
        tenantId: own.tenantId,
        userNo,
        actor: { kind: 'user', user: { id: 'ann' } },
      });
      expect(new Set(events.map((event) => 'room' in event.data && event.data.room.id)).size).toBe(10);
      for (const event of [...told, ...events]) expect(event.data).toMatchObject({ room: { pts: 3 }, afterPts: 2 });
      expect((await own.read((tx) => tx.users.byId('bo')))?.userPts).toBe(10);
    });
  });
}
