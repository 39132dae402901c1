import { describe, expect, it } from 'vitest';
import type { RoomEvent } from '../../events.js';
import { found, upTo, type RoomRef, type Scene } from './scene.js';
import type { User } from '../../users/user.js';

/** Reading the log and its messages as they are today. */
export function readingContract(scene: () => Promise<Scene>): void {
  const talk = async (count: number): Promise<{ own: Scene; ann: User; room: RoomRef }> => {
    const own = await scene();
    const ann = await own.user('ann');
    const room = await own.group([ann]);
    const facts = await own.facts(room, ann);
    for (const n of upTo(count)) await own.say(room, ann, { text: `m${n}`, facts });
    return { own, ann, room };
  };

  it('tells the heads of rooms that changed since a reading, of the tenants asked for', async () => {
    const [own, other] = [await scene(), await scene()];
    const [ann, zed] = [await own.user('ann'), await other.user('zed')];
    const rooms = [await own.group([ann]), await own.group([ann])] as const;
    await other.group([zed]);
    const first = await own.log.headsSince([own.tenantId], undefined);
    expect(first.heads.map(({ roomId }) => roomId).sort()).toEqual(rooms.map(({ roomId }) => roomId).sort());
    await own.say(rooms[1], ann);
    const { heads, now } = await own.log.headsSince([own.tenantId], first.now);
    expect(heads.find(({ roomId }) => roomId === rooms[1].roomId)).toEqual({ ...rooms[1], epoch: 1, pts: 3 });
    expect(now.getTime()).toBeGreaterThanOrEqual(first.now.getTime());
    expect((await own.log.headsSince([], undefined)).heads).toEqual([]);
  });

  describe('after', () => {
    it('pages ascending and contiguous from the position after', async () => {
      const { own, room } = await talk(20);
      const seen: RoomEvent[] = [];
      for (let pages = 0; pages < 10; pages += 1) {
        const { events, head } = await own.log.after(room, seen.length, 7);
        expect(head).toEqual({ epoch: 1, pts: 22, lastSeq: 20, floorPts: 0 });
        if (events.length === 0) break;
        seen.push(...events);
      }
      expect(seen.map(({ pts }) => pts)).toEqual(upTo(22));
      expect(seen).toEqual(await own.events(room));
    });

    it('gives nothing at the head and beyond it, and still the head', async () => {
      const { own, room } = await talk(1);
      for (const afterPts of [3, 99]) {
        const { events, head } = await own.log.after(room, afterPts, 10);
        expect(events).toEqual([]);
        expect(head.pts).toBe(3);
      }
    });
  });

  describe('messages', () => {
    it('windows before, after, around a message, and the newest without an anchor', async () => {
      const { own, room } = await talk(10);
      const window = async (at: object, limit = 3) => {
        const { items, hasMoreBefore, hasMoreAfter } = await own.log.messages(room, { limit, ...at });
        return [items.map(({ seq }) => seq), hasMoreBefore, hasMoreAfter];
      };
      expect(await window({})).toEqual([[8, 9, 10], true, false]);
      expect(await window({ beforeSeq: 8 })).toEqual([[5, 6, 7], true, true]);
      expect(await window({ beforeSeq: 3 })).toEqual([[1, 2], false, true]);
      expect(await window({ afterSeq: 0 })).toEqual([[1, 2, 3], false, true]);
      expect(await window({ afterSeq: 8 })).toEqual([[9, 10], true, false]);
      expect(await window({ afterSeq: 10 })).toEqual([[], true, false]);
      expect(await window({ aroundSeq: 5 })).toEqual([[4, 5, 6], true, true]);
      expect(await window({}, 50)).toEqual([upTo(10), false, false]);
    });

    it('shows nothing up to the floor', async () => {
      const { own, room } = await talk(10);
      const { items, hasMoreBefore } = await own.log.messages(room, { limit: 100, floorSeq: 6 });
      expect(items.map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
      expect(hasMoreBefore).toBe(false);
      expect((await own.log.messages(room, { limit: 100, floorSeq: 10 })).items).toEqual([]);
      expect((await own.log.messages(room, { limit: 2, afterSeq: 3, floorSeq: 6 })).items.map(({ seq }) => seq)).toEqual([7, 8]);
    });

    it('finds a message in its own room only', async () => {
      const { own, ann, room } = await talk(1);
      const other = await own.group([ann]);
      const [message] = await own.messages(room);
      expect(await own.log.message(room, found(message).id)).toEqual(message);
      expect(await own.log.message(other, found(message).id)).toBeUndefined();
      expect(
        await (await own.elsewhere()).log.message({ ...room, tenantId: (await own.elsewhere()).tenantId }, found(message).id),
      ).toBeUndefined();
    });

    it('lists what a user said and is not deleted, newest first, to a bound', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      const ids = [];
      for (const _ of upTo(4)) ids.push((await own.say(room, found(ann))).message.id);
      await own.say(room, found(bo));
      await own.change(room, [{ type: 'message.deleted', messageId: found(ids[1]) }]);
      expect(await own.log.messageIdsOf(room, found(ann).no, 100)).toEqual([ids[3], ids[2], ids[0]]);
      expect(await own.log.messageIdsOf(room, found(ann).no, 2)).toEqual([ids[3], ids[2]]);
    });
  });

  describe('today', () => {
    it('shows a new name at old messages, events and memberships', async () => {
      const { own, ann, room } = await talk(1);
      await own.read((tx) => tx.users.update(ann.no, { name: 'Anna' }));
      const [message] = await own.messages(room);
      expect(message?.sender.name).toBe('Anna');
      expect((await own.member(room, ann)).user.name).toBe('Anna');
      const joined = found((await own.events(room)).find(({ type }) => type === 'member.joined'));
      expect(joined).toMatchObject({ data: { member: { user: { id: 'ann', name: 'Anna' } } } });
    });

    it('shows the tombstone at the old position, in quotes and as last message; nothing of the content is left', async () => {
      const { own, ann, room } = await talk(0);
      const mentions = [{ id: 'ann', no: ann.no }];
      const first = await own.say(room, ann, { text: 'secret', metadata: { secret: true }, mentions });
      const { id, seq } = first.message;
      const replyTo = { messageId: id, seq, sender: first.message.sender, text: 'secret', deleted: false };
      const reply = await own.say(room, ann, { text: 'reply', replyTo });
      expect(reply.message.replyTo).toMatchObject({ messageId: id, seq: 1, text: 'secret', deleted: false, sender: { id: 'ann' } });
      await own.change(room, [{ type: 'message.deleted', messageId: id, reason: 'rude' }], { by: { kind: 'operator', id: 'op' } });

      const [created, deleted] = (await own.events(room)).filter(
        (event) => event.type === 'message.created' || event.type === 'message.deleted',
      );
      const last = (await own.events(room)).at(-1);
      for (const event of [created, last]) {
        expect(event).toMatchObject({
          data: {
            message: { id, seq: 1, pts: 3, mentions: [], metadata: {}, deleted: { by: { kind: 'operator', id: 'op' }, reason: 'rude' } },
          },
        });
      }
      expect(deleted?.type).toBe('message.created');
      expect(last).toMatchObject({ type: 'message.deleted', pts: 5 });
      expect(JSON.stringify(await own.events(room))).not.toContain('secret');
      expect(JSON.stringify(await own.messages(room))).not.toContain('secret');
      expect((await own.messages(room))[1]?.replyTo).toMatchObject({ messageId: id, deleted: true });
      await own.change(room, [{ type: 'message.deleted', messageId: reply.message.id }]);
      const { lastMessage } = await own.view(room, ann);
      expect(lastMessage?.deleted).toBeDefined();
      expect(lastMessage?.replyTo).toBeUndefined();
    });

    it('says nothing new when a deleted message is deleted again', async () => {
      const { own, room } = await talk(1);
      const [message] = await own.messages(room);
      const deletion = { type: 'message.deleted', messageId: found(message).id } as const;
      const results = await Promise.all([own.change(room, [deletion]), own.change(room, [deletion])]);
      expect(results.map(({ events }) => events.length).sort()).toEqual([0, 1]);
      expect(await own.change(room, [deletion])).toEqual({ events: [], userEvents: [] });
      expect((await own.roomNow(room)).pts).toBe(4);
    });

    it('leaves a message of another room alone', async () => {
      const { own, ann, room } = await talk(1);
      const other = await own.group([ann]);
      const [message] = await own.messages(room);
      await own.change(other, [{ type: 'message.deleted', messageId: found(message).id }]).catch(() => undefined);
      expect(await own.messages(room)).toEqual([message]);
    });
  });
}
