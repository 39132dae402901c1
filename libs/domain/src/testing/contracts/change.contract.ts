import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit.js';
import { StaleFacts, type RoomChange } from '../../ports/room-log.js';
import { AlreadyRemembered } from '../../ports/store.js';
import { pairOf } from '../../rooms/room.js';
import { found, joined, newRoom, upTo, type Scene } from './scene.js';

const audit = (action: string): AuditEntry => ({
  action,
  actorKind: 'key',
  actorId: 'k',
  target: { kind: 'room', id: 'r' },
  detail: {},
  requestId: 'q',
});

/** Changes of a room: all or none, one event each, versions, what is written beside them. */
export function changeContract(scene: () => Promise<Scene>): void {
  const group = async (...ids: string[]) => {
    const own = await scene();
    const users = await own.users(...ids);
    return { own, users, room: await own.group(users) };
  };

  describe('events', () => {
    it('opens a room: a snapshot before anyone is in, then a member after the other', async () => {
      const { own, room } = await group('ann', 'bo');
      const events = await own.events(room);
      expect(events.map(({ type, pts }) => [type, pts])).toEqual([
        ['room.created', 1],
        ['member.joined', 2],
        ['member.joined', 3],
      ]);
      expect(events[0]).toMatchObject({ data: { room: { id: room.roomId, kind: 'group', pts: 1, lastSeq: 0, memberCount: 0, epoch: 1 } } });
      expect(events[1]).toMatchObject({
        data: { memberCount: 1, member: { role: 'owner', status: 'member', joinedPts: 2, joinedSeq: 0, readSeq: 0, user: { id: 'ann' } } },
      });
      expect(events[2]).toMatchObject({ data: { memberCount: 2, member: { role: 'member', joinedPts: 3, user: { id: 'bo' } } } });
      expect(await own.roomNow(room)).toMatchObject({ pts: 3, memberCount: 2, lastSeq: 0 });
    });

    it('returns what a later reading tells', async () => {
      const { own, users, room } = await group('ann', 'bo');
      const by = { kind: 'user', user: found(users[0]) } as const;
      const { events } = await own.change(
        room,
        [
          { type: 'room.updated', patch: { name: 'New' } },
          { type: 'member.updated', userNo: found(users[1]).no, patch: { role: 'admin' } },
        ],
        { by },
      );
      expect((await own.log.after(room, 3, 10)).events).toEqual(events);
      expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    });

    it('keeps in each snapshot what was true right after its own effect', async () => {
      const { own, users, room } = await group('ann', 'bo');
      const [ann, bo] = [found(users[0]), found(users[1])];
      const { settings } = await own.roomNow(room);
      await own.say(room, ann);
      await own.change(room, [
        { type: 'room.updated', patch: { name: 'One', metadata: { a: 1 } } },
        { type: 'member.updated', userNo: bo.no, patch: { role: 'admin', name: 'Boss' } },
        { type: 'room.updated', patch: { name: null, settings: { muted: true } } },
        { type: 'member.removed', userNo: bo.no, reason: 'loud' },
      ]);
      const [one, admin, two, removed] = (await own.log.after(room, 4, 10)).events;
      expect(one).toMatchObject({
        pts: 5,
        data: { room: { name: 'One', metadata: { a: 1 }, pts: 5, lastSeq: 1, memberCount: 2, settings } },
      });
      expect(admin).toMatchObject({ data: { memberCount: 2, member: { role: 'admin', name: 'Boss', status: 'member' } } });
      expect(two).toMatchObject({ data: { room: { metadata: { a: 1 }, pts: 7, settings: { ...settings, muted: true } } } });
      expect(two?.type === 'room.updated' && two.data.room.name).toBeUndefined();
      expect(removed).toMatchObject({ data: { memberCount: 1, reason: 'loud', member: { status: 'removed', user: { id: 'bo' } } } });
      await own.change(room, [{ type: 'room.updated', patch: { name: 'Later' } }]);
      expect((await own.events(room))[4]).toEqual(one);
    });

    it('dissolves: everybody is out, and told', async () => {
      const { own, users, room } = await group('ann', 'bo');
      const { events, userEvents } = await own.change(room, [{ type: 'room.dissolved' }]);
      expect(events).toMatchObject([{ type: 'room.dissolved', data: { room: { memberCount: 0, dissolvedAt: expect.any(Date) } } }]);
      expect(userEvents.map(({ type, userNo }) => [type, userNo]).sort()).toEqual(users.map(({ no }) => ['room.exited', no]).sort());
      for (const user of users) expect((await own.member(room, user)).status).toBe('removed');
      expect(await own.roomNow(room)).toMatchObject({ memberCount: 0, dissolvedAt: expect.any(Date) });
      await expect(own.change(room, [joined(found(users[0]))])).rejects.toThrow();
      expect((await own.roomNow(room)).memberCount).toBe(0);
    });
  });

  describe('all or none', () => {
    it('leaves nothing of five joins when the third finds the room full', async () => {
      const own = await scene();
      const [ann, ...others] = await own.users('ann', 'b', 'c', 'd', 'e', 'f');
      const room = await own.group([found(ann)], { maxMembers: 3 });
      const tells = others.map(({ no }) => ({ userNo: no, type: 'room.entered' as const }));
      const more = { tells, audit: audit('member.add'), remember: { scope: 's', key: 'k', draft: 'd', answer: 1 } };
      const adding = own.change(
        room,
        others.map((user) => joined(user)),
        more,
      );
      await expect(adding).rejects.toMatchObject({ code: 'room-full' });
      expect(await own.roomNow(room)).toMatchObject({ pts: 2, memberCount: 1 });
      expect(await own.read((tx) => tx.members.get(room.roomNo, found(others[0]).no))).toBeUndefined();
      expect(await own.userEvents(found(others[0]))).toEqual([]);
      expect((await own.read((tx) => tx.audit.list({}, { limit: 10 }))).items).toEqual([]);
      expect(await own.read((tx) => tx.remembered.find('s', 'k', 'd'))).toBeUndefined();
    });

    it('never lets racing joins pass the bound', async () => {
      const own = await scene();
      const [ann, ...others] = await own.users('ann', ...upTo(12).map((n) => `u${n}`));
      const room = await own.group([found(ann)], { maxMembers: 5 });
      const results = await Promise.allSettled(others.map((user) => own.change(room, [joined(user)])));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
      expect((await own.roomNow(room)).memberCount).toBe(5);
      const pts = (await own.events(room)).map((event) => event.pts);
      expect(pts).toEqual(upTo(6));
    });

    it('writes the audit with the change', async () => {
      const { own, room } = await group('ann');
      await own.change(room, [{ type: 'room.updated', patch: { name: 'x' } }], { audit: audit('room.update') });
      const { version } = await own.roomNow(room);
      const stale = own.change(room, [{ type: 'room.dissolved' }], { audit: audit('room.dissolve'), roomVersion: version - 1 });
      await expect(stale).rejects.toBeInstanceOf(StaleFacts);
      const { items } = await own.read((tx) => tx.audit.list({}, { limit: 10 }));
      expect(items.map(({ action, number }) => [action, number])).toEqual([['room.update', 1]]);
    });

    it('keeps an answer once: a second commit under the key writes nothing', async () => {
      const { own, room } = await group('ann');
      const rename = (name: string) =>
        own.change(room, [{ type: 'room.updated', patch: { name } }], { remember: { scope: 's', key: 'k', draft: 'd', answer: { name } } });
      const [first, second] = await Promise.allSettled([rename('one'), rename('two')]);
      expect([first?.status, second?.status].sort()).toEqual(['fulfilled', 'rejected']);
      await expect(rename('three')).rejects.toBeInstanceOf(AlreadyRemembered);
      const { name, pts } = await own.roomNow(room);
      expect(pts).toBe(3);
      expect(await own.read((tx) => tx.remembered.find('s', 'k', 'd'))).toEqual({ answer: { name }, isSameDraft: true });
      expect(await own.read((tx) => tx.remembered.find('s', 'k', 'other'))).toMatchObject({ isSameDraft: false });
      expect(await own.read((tx) => tx.remembered.find('s2', 'k', 'd'))).toBeUndefined();
    });

    it('knows no room that is not there', async () => {
      const own = await scene();
      const missing = { tenantId: own.tenantId, roomNo: await own.log.nextRoomNo(), roomId: 'missing' };
      await expect(own.change(missing, [{ type: 'room.dissolved' }])).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  describe('versions', () => {
    it('is refused under another version, and moves on with what takes something away', async () => {
      const { own, users, room } = await group('ann', 'bo', 'cy');
      const [, bo, cy] = users.map(({ no }) => no);
      const dan = await own.user('dan');
      const message = await own.say(room, found(users[0]));
      const until = new Date('2100-01-01T00:00:00Z');
      const cases: [RoomChange, number][] = [
        [{ type: 'room.updated', patch: { name: 'x' } }, 1],
        [{ type: 'member.updated', userNo: found(bo), patch: { role: 'admin' } }, 1],
        [{ type: 'member.muted', userNo: found(bo), until }, 1],
        [{ type: 'member.unmuted', userNo: found(bo) }, 0],
        [joined(dan), 0],
        [{ type: 'message.deleted', messageId: message.message.id }, 0],
        [{ type: 'member.removed', userNo: found(bo) }, 1],
        [{ type: 'member.left', userNo: dan.no }, 1],
        [{ type: 'member.banned', userNo: found(cy), banId: randomUUID() }, 1],
        [{ type: 'member.unbanned', userNo: found(cy) }, 0],
        [{ type: 'room.dissolved' }, 1],
      ];
      for (const [change, raised] of cases) {
        const { version } = await own.roomNow(room);
        await expect(own.change(room, [change], { roomVersion: version - 1 })).rejects.toBeInstanceOf(StaleFacts);
        await own.change(room, [change], { roomVersion: version });
        expect([change.type, (await own.roomNow(room)).version > version]).toEqual([change.type, raised === 1]);
      }
    });

    it('lets one of two decisions on the same version through', async () => {
      const { own, users, room } = await group('ann', 'bo', 'cy');
      const { version: roomVersion } = await own.roomNow(room);
      const results = await Promise.allSettled(
        users
          .slice(1)
          .map(({ no }) => own.change(room, [{ type: 'member.updated', userNo: no, patch: { role: 'owner' } }], { roomVersion })),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(StaleFacts) });
    });

    it('opens a room id once', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const results = await Promise.allSettled(upTo(4).map(() => own.group([ann], {}, 'lounge')));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StaleFacts);
      expect((await own.read((tx) => tx.rooms.listOf(ann.no, {}, { limit: 10 }))).items).toHaveLength(1);
    });

    it('opens one direct room for a pair, whoever races', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const pair = pairOf(found(ann).no, found(bo).no);
      const open = () => own.room('direct', [found(ann), found(bo)], {}, { ...newRoom('direct'), pair });
      const results = await Promise.allSettled(upTo(4).map(open));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StaleFacts);
      expect(await own.read((tx) => tx.rooms.byPair(pair))).toMatchObject({ kind: 'direct', pair: [...pair], memberCount: 2 });
    });

    it('knows the draft that opened a room', async () => {
      const own = await scene();
      const room = await own.room('group', [await own.user('ann')], {}, { draft: 'the draft' });
      expect(await own.read((tx) => tx.rooms.isSameDraft(room.roomNo, 'the draft'))).toBe(true);
      expect(await own.read((tx) => tx.rooms.isSameDraft(room.roomNo, 'another'))).toBe(false);
    });

    it('never gives a room number twice', async () => {
      const own = await scene();
      const numbers = await Promise.all(upTo(50).map(() => own.log.nextRoomNo()));
      expect(new Set(numbers).size).toBe(50);
    });
  });
}
