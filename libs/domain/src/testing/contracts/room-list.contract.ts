import { describe, expect, it } from 'vitest';
import type { PageRequest } from '../../page.js';
import type { RoomFilter } from '../../ports/store.js';
import { pairOf, type RoomView } from '../../rooms/room.js';
import type { User } from '../../users/user.js';
import { found, joined, newRoom, upTo, type Scene } from './scene.js';

/** Rooms in lists and single, as one user sees them. */
export function roomListContract(scene: () => Promise<Scene>): void {
  const mine = (own: Scene, { no }: User, filter: RoomFilter = {}, page: PageRequest = { limit: 100 }) =>
    own.read((tx) => tx.rooms.listOf(no, filter, page));
  const ids = (views: readonly RoomView[]): string[] => views.map(({ room }) => room.id);

  describe('own rooms', () => {
    it('come newest activity first, in pages of three over ten rooms', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const rooms = [];
      for (const n of upTo(10)) rooms.push(await own.group([ann], {}, `room-${n}`));
      const spoken = [3, 7, 1, 3];
      for (const n of spoken) await own.say(found(rooms[n - 1]), ann);
      const expected = [3, 1, 7, 10, 9, 8, 6, 5, 4, 2].map((n) => `room-${n}`);
      const pages: string[][] = [];
      let after: PageRequest['after'];
      do {
        const page = await mine(own, ann, {}, { limit: 3, after });
        pages.push(ids(page.items));
        after = page.next;
      } while (after && pages.length < 9);
      expect(pages.map(({ length }) => length)).toEqual([3, 3, 3, 1]);
      expect(pages.flat()).toEqual(expected);
      expect((await own.read((tx) => tx.rooms.startOf([ann.no], 4)))[0]?.rooms.map(({ id }) => id)).toEqual(expected.slice(0, 4));
    });

    it('are filtered by kind, name, unread and another member', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const [team, quiet] = [
        await own.room('group', [found(ann), found(bo)], {}, { id: 'team', name: 'Team_A' }),
        await own.room('channel', [found(ann)], {}, { id: 'quiet', name: 'Quiet' }),
      ];
      await own.say(team, found(bo));
      const list = async (filter: RoomFilter) => ids((await mine(own, found(ann), filter)).items);
      expect(await list({ kind: 'channel' })).toEqual([quiet.roomId]);
      expect(await list({ q: 'eam_' })).toEqual([team.roomId]);
      expect(await list({ q: '%' })).toEqual([]);
      expect(await list({ unread: true })).toEqual([team.roomId]);
      expect(await list({ unread: false })).toEqual([quiet.roomId]);
      expect(await list({ memberNo: found(bo).no })).toEqual([team.roomId]);
      await own.change(team, [{ type: 'member.left', userNo: found(bo).no }]);
      expect(await list({ memberNo: found(bo).no })).toEqual([]);
    });

    it('are those one is in now', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const rooms = [];
      for (const n of upTo(3)) rooms.push(await own.group([found(ann), found(bo)], {}, `room-${n}`));
      await own.change(found(rooms[0]), [{ type: 'member.left', userNo: found(bo).no }]);
      await own.change(found(rooms[1]), [{ type: 'room.dissolved' }]);
      expect(ids((await mine(own, found(bo))).items)).toEqual(['room-3']);
      expect((await own.read((tx) => tx.rooms.startOf([found(bo).no], 10)))[0]?.rooms.map(({ id }) => id)).toEqual(['room-3']);
      await own.change(found(rooms[0]), [joined(found(bo))]);
      expect((await mine(own, found(bo))).items).toHaveLength(2);
    });
  });

  it('lists all rooms of the tenant in pages, and those of a member', async () => {
    const own = await scene();
    const [ann, bo] = await own.users('ann', 'bo');
    for (const n of upTo(7)) await own.group([found(n % 2 === 0 ? ann : bo)], {}, `room-${n}`);
    const seen: string[] = [];
    let after: PageRequest['after'];
    do {
      const page = await own.read((tx) => tx.rooms.list({}, { limit: 3, after }));
      seen.push(...ids(page.items));
      after = page.next;
    } while (after && seen.length < 20);
    expect(seen.sort()).toEqual(upTo(7).map((n) => `room-${n}`));
    const ofAnn = await own.read((tx) => tx.rooms.list({ memberNo: found(ann).no }, { limit: 10 }));
    expect(ids(ofAnn.items).sort()).toEqual(['room-2', 'room-4', 'room-6']);
    expect(ofAnn.items.every(({ me }) => me === undefined)).toBe(true);
  });

  describe('one room', () => {
    it('is seen with the own membership, the last message and what is unread', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      await own.say(room, found(ann), { text: 'first' });
      const { message } = await own.say(room, found(ann), { text: 'last' });
      const view = await own.view(room, found(bo));
      expect(view).toMatchObject({
        room: { id: room.roomId, lastSeq: 2, memberCount: 2 },
        me: { role: 'member', readSeq: 0, user: { id: 'bo' } },
        lastMessage: { id: message.id, text: 'last' },
      });
      expect(await own.read((tx) => tx.rooms.view('missing', found(bo).no))).toBeUndefined();
      const bare = await own.read((tx) => tx.rooms.view(room.roomId, undefined));
      expect(bare).toMatchObject({ room: { id: room.roomId }, lastMessage: { id: message.id } });
      expect(bare?.me).toBeUndefined();
    });

    it('that is direct shows the peer to each of the two', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const pair = pairOf(found(ann).no, found(bo).no);
      const room = await own.room('direct', [found(ann), found(bo)], {}, { ...newRoom('direct'), pair });
      expect((await own.view(room, found(ann))).peer?.id).toBe('bo');
      expect((await own.view(room, found(bo))).peer?.id).toBe('ann');
      const facts = await own.read((tx) => tx.rooms.sendFacts(room.roomId, found(ann).no));
      expect(facts).toMatchObject({
        tenant: { id: own.tenantId },
        sender: { id: 'ann' },
        peer: { user: { id: 'bo' }, isFriend: false, blocksSender: false, isBlockedBySender: false },
      });
    });

    it('whose history begins at joining shows no last message from before', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann)], { historyVisibility: 'since-join' });
      await own.say(room, found(ann), { text: 'before' });
      await own.change(room, [joined(found(bo))]);
      expect((await own.view(room, found(bo))).lastMessage).toBeUndefined();
      await own.say(room, found(ann), { text: 'after' });
      expect((await own.view(room, found(bo))).lastMessage?.text).toBe('after');
    });

    it('gives the facts of a send, with membership, mute and bans', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      const until = new Date('2100-01-01T00:00:00.000Z');
      await own.change(room, [{ type: 'member.muted', userNo: found(bo).no, until }]);
      const facts = await own.read((tx) => tx.rooms.sendFacts(room.roomId, found(bo).no));
      expect(facts).toMatchObject({
        room: { no: room.roomNo },
        member: { mutedUntil: until, status: 'member' },
        sender: { no: found(bo).no },
      });
      expect([facts?.ban, facts?.tenantBan, facts?.peer]).toEqual([undefined, undefined, undefined]);
      const stranger = await own.user('cy');
      expect((await own.read((tx) => tx.rooms.sendFacts(room.roomId, stranger.no)))?.member).toBeUndefined();
      expect(await own.read((tx) => tx.rooms.sendFacts('missing', stranger.no))).toBeUndefined();
    });
  });
}
