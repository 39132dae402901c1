import { describe, expect, it } from 'vitest';
import { RECEIPTS_MEMBERS_MAX } from '../../limits.js';
import { found, joined, upTo, type Scene } from './scene.js';

/** What is read for many at once is, in their order, what each would have been told alone. */
export function togetherContract(scene: () => Promise<Scene>): void {
  const anywhere = async () => {
    const own = await scene();
    const [ann, bo, cy] = await own.users('ann', 'bo', 'cy');
    const rooms = [await own.group([found(ann), found(bo)], {}, 'one'), await own.group([found(bo), found(cy)], {}, 'two')] as const;
    await own.say(rooms[0], found(ann));
    await own.say(rooms[1], found(cy));
    await own.change(rooms[1], [
      { type: 'member.banned', userNo: found(cy).no, banId: '00000000-0000-7000-8000-00000000000c', reason: 'spam' },
    ]);
    return { own, nos: [ann, bo, cy].map((user) => found(user).no), rooms };
  };

  describe('read together', () => {
    it('accesses are each pair’s own, unknown rooms and strangers included', async () => {
      const { own, nos } = await anywhere();
      const pairs = ['two', 'none', 'one', 'one'].flatMap((id) => nos.map((userNo) => ({ id, userNo })));
      const together = await own.read((tx) => tx.rooms.accesses(pairs));
      const alone = await own.read(async (tx) => {
        const each = [];
        for (const { id, userNo } of pairs) each.push(await tx.rooms.access(id, userNo));
        return each;
      });
      expect(together).toEqual(alone);
      expect(together.map((access) => access && [access.room.id, access.member?.user.id, access.ban?.reason])).toEqual([
        ...[
          ['two', undefined, undefined],
          ['two', 'bo', undefined],
          ['two', 'cy', 'spam'],
        ],
        ...[undefined, undefined, undefined],
        ...[...upTo(2)].flatMap(() => [
          ['one', 'ann', undefined],
          ['one', 'bo', undefined],
          ['one', undefined, undefined],
        ]),
      ]);
      expect(await own.read((tx) => tx.rooms.accesses([]))).toEqual([]);
    });

    it('callers stand beside their bans, and who is unknown beside the tenant alone', async () => {
      const { own } = await anywhere();
      const callers = await own.read((tx) => tx.tenant.callers(['bo', 'nobody', 'ann']));
      expect(callers.map(({ tenant, user }) => [tenant.id, user?.id])).toEqual([
        [own.tenantId, 'bo'],
        [own.tenantId, undefined],
        [own.tenantId, 'ann'],
      ]);
    });

    it('rooms, heads and own positions are each user’s own', async () => {
      const { own, nos } = await anywhere();
      const asked = [...nos, 999_999_999];
      const [starts, short, heads] = await own.read(async (tx) => [
        await tx.rooms.startOf(asked, 10),
        await tx.rooms.startOf(asked, 1),
        await tx.users.headsOf(asked),
      ]);
      expect(starts.map(({ rooms }) => rooms.map(({ id, epoch, pts, readSeq }) => [id, epoch, pts, readSeq]))).toEqual([
        [['one', 1, 4, 1]],
        [
          ['two', 1, 5, 0],
          ['one', 1, 4, 0],
        ],
        [],
        [],
      ]);
      expect(starts.map(({ userVersion, unreadTotal }) => [userVersion, unreadTotal])).toEqual([
        [1, 0],
        [1, 2],
        [1, 0],
        [0, 0],
      ]);
      expect(short.map(({ rooms, unreadTotal }) => [rooms.map(({ id }) => id), unreadTotal])).toEqual([
        [['one'], 0],
        [['two'], 2],
        [[], 0],
        [[], 0],
      ]);
      expect(heads).toEqual(starts.map(({ userPts, userVersion }) => ({ userPts, userVersion })));
      expect(starts[1]?.rooms[0]).toMatchObject({ lastSeq: 1, floorPts: 0, hiddenPts: 0, isListed: true });
    });

    it('rooms hide from each what was before it came, where the room is so', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann)], { historyVisibility: 'since-join' });
      await own.say(room, found(ann));
      await own.change(room, [joined(found(bo))]);
      const starts = await own.read((tx) => tx.rooms.startOf([found(ann).no, found(bo).no], 10));
      expect(starts.map(({ rooms }) => rooms[0]?.hiddenPts)).toEqual([1, 3]);
    });

    it('receipts are everyone’s in a small room and one’s own in a large one', async () => {
      const { own, nos, rooms } = await anywhere();
      const crowd = await own.users(...upTo(RECEIPTS_MEMBERS_MAX + 1).map((n) => `u${n}`));
      const large = await own.group(crowd.map(found), {}, 'large');
      const me = found(crowd[3]).no;
      const pairs = [
        { roomNo: large.roomNo, userNo: me },
        { roomNo: rooms[0].roomNo, userNo: nos[0] ?? 0 },
        { roomNo: large.roomNo, userNo: found(crowd[0]).no },
      ];
      const receipts = await own.read((tx) => tx.members.receiptsOf(pairs));
      expect(receipts.map(({ cursors, memberCount }) => [cursors.map(({ userId }) => userId), memberCount])).toEqual([
        [['u4'], RECEIPTS_MEMBERS_MAX + 1],
        [['ann', 'bo'], 2],
        [['u1'], RECEIPTS_MEMBERS_MAX + 1],
      ]);
      await own.change(rooms[0], [joined(found(crowd[0]))]);
      expect((await own.read((tx) => tx.members.receiptsOf([{ roomNo: rooms[0].roomNo, userNo: me }])))[0]?.memberCount).toBe(3);
    });
  });
}
