import { expect, it } from 'vitest';
import { RECEIPTS_MEMBERS_MAX } from '../../limits.js';
import { found, joined, upTo, type Scene } from './scene.js';

/** How far each member has read and received. */
export function receiptsContract(scene: () => Promise<Scene>): void {
  const talk = async (count: number) => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo');
    const room = await own.group([found(ann), found(bo)]);
    for (const _ of upTo(count)) await own.say(room, found(ann));
    const mark = (kind: 'read' | 'delivered', seq: number) => own.read((tx) => tx.members.mark(room.roomNo, found(bo).no, kind, seq));
    return { own, ann: found(ann), bo: found(bo), room, mark };
  };

  it('moves forward, never back, and at most to the last message', async () => {
    const { mark } = await talk(5);
    expect(await mark('read', 3)).toMatchObject({
      hasMoved: true,
      lastSeq: 5,
      member: { readSeq: 3, deliveredSeq: 3, user: { id: 'bo' } },
    });
    expect(await mark('read', 2)).toMatchObject({ hasMoved: false, member: { readSeq: 3 } });
    expect(await mark('read', 3)).toMatchObject({ hasMoved: false });
    expect(await mark('delivered', 4)).toMatchObject({ hasMoved: true, member: { readSeq: 3, deliveredSeq: 4 } });
    expect(await mark('delivered', 1)).toMatchObject({ hasMoved: false, member: { readSeq: 3, deliveredSeq: 4 } });
    expect(await mark('read', 99)).toMatchObject({ hasMoved: true, member: { readSeq: 5, deliveredSeq: 5 } });
  });

  it('keeps the highest of marks at the same time', async () => {
    const { own, bo, room, mark } = await talk(20);
    await Promise.all(upTo(20).map((n) => mark('read', ((n * 7) % 20) + 1)));
    expect(await own.member(room, bo)).toMatchObject({ readSeq: 20, deliveredSeq: 20 });
  });

  it('is for those inside', async () => {
    const { own, bo, room, mark } = await talk(1);
    await own.change(room, [{ type: 'member.left', userNo: bo.no }]);
    expect(await mark('read', 1)).toBeUndefined();
    const stranger = await own.user('cy');
    expect(await own.read((tx) => tx.members.mark(room.roomNo, stranger.no, 'read', 1))).toBeUndefined();
  });

  it('sums what is unread over rooms', async () => {
    const { own, ann, bo, mark } = await talk(5);
    const other = await own.group([ann, bo]);
    await own.say(other, ann);
    await mark('read', 2);
    expect((await own.read((tx) => tx.rooms.startOf([bo.no], 1)))[0]?.unreadTotal).toBe(4);
    expect((await own.read((tx) => tx.rooms.startOf([ann.no], 1)))[0]?.unreadTotal).toBe(0);
  });

  it('shows every member’s cursors in a small room', async () => {
    const { own, bo, room, mark } = await talk(2);
    await mark('read', 1);
    const { cursors, memberCount } = await own.read((tx) => tx.members.receipts(room.roomNo, bo.no));
    expect(memberCount).toBe(2);
    expect([...cursors].sort((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual([
      { userId: 'ann', readSeq: 2, deliveredSeq: 2 },
      { userId: 'bo', readSeq: 1, deliveredSeq: 1 },
    ]);
  });

  it('shows one’s own in a large room', async () => {
    const own = await scene();
    const users = await own.users(...upTo(RECEIPTS_MEMBERS_MAX + 1).map((n) => `u${n}`));
    const room = await own.group(users.slice(0, 1));
    await own.change(
      room,
      users.slice(1).map((user) => joined(user)),
    );
    const { cursors, memberCount } = await own.read((tx) => tx.members.receipts(room.roomNo, found(users[1]).no));
    expect(memberCount).toBe(RECEIPTS_MEMBERS_MAX + 1);
    expect(cursors).toEqual([{ userId: 'u2', readSeq: 0, deliveredSeq: 0 }]);
  });
}
