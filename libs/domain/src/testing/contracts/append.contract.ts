import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StaleFacts } from '../../ports/room-log.js';
import { ascending, found, upTo, type Scene } from './scene.js';

/** Saying: positions, repeats, stale facts, counters. */
export function appendContract(scene: () => Promise<Scene>): void {
  describe('positions', () => {
    it('gives 200 concurrent messages in several rooms and tenants pts and seq without a gap', async () => {
      const scenes = await Promise.all([scene(), scene()]);
      const places = await Promise.all(
        scenes.map(async (own) => {
          const [ann, bo] = await own.users('ann', 'bo');
          const rooms = await Promise.all(upTo(4).map(() => own.group([found(ann), found(bo)])));
          const facts = await Promise.all(rooms.map((room) => own.facts(room, found(ann))));
          return { own, senders: [found(ann), found(bo)], rooms, facts };
        }),
      );
      const sent = await Promise.all(
        upTo(200).map(async (n) => {
          const { own, senders, rooms, facts } = found(places[n % 2]);
          const at = n % 4;
          return own.say(found(rooms[at]), found(senders[n % 3 === 0 ? 1 : 0]), { text: `m${n}`, facts: found(facts[at]) });
        }),
      );
      expect(sent.every(({ deduplicated }) => !deduplicated)).toBe(true);
      for (const { own, rooms } of places) {
        for (const room of rooms) {
          const events = await own.events(room);
          expect(events.map(({ pts }) => pts)).toEqual(upTo(events.length));
          const seqs = events.flatMap(({ seq }) => seq ?? []);
          expect(seqs).toEqual(upTo(seqs.length));
          const head = await own.roomNow(room);
          expect([head.pts, head.lastSeq]).toEqual([events.length, seqs.length]);
        }
      }
      const told = sent.map(({ appended }) => found(appended.events[0]));
      expect(told.every((event, index) => event.pts === sent[index]?.message.pts && event.seq === sent[index]?.message.seq)).toBe(true);
    });

    it('resolves appends to one room in the order of their pts', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const facts = await own.facts(room, ann);
      const order: number[] = [];
      await Promise.all(upTo(30).map(async () => order.push((await own.say(room, ann, { facts })).message.seq)));
      expect(order).toEqual(ascending(order));
    });

    it('keeps the order in which one caller appends in one tick', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const entries = await Promise.all(upTo(20).map((n) => own.entry(room, ann, { text: `m${n}` })));
      await Promise.all(entries.map((entry) => own.log.append(entry)));
      expect((await own.messages(room)).map(({ text }) => text)).toEqual(upTo(20).map((n) => `m${n}`));
    });

    it('tells the message as it is read afterwards', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      const mentions = [{ id: 'bo', no: found(bo).no }];
      const { message, appended } = await own.say(room, found(ann), {
        text: 'hello \u{1F600}',
        mentions,
        metadata: { nested: { list: [1, null, 'x'] } },
      });
      expect(message).toMatchObject({ roomId: room.roomId, seq: 1, pts: 4, type: 'text', text: 'hello \u{1F600}', mentions: ['bo'] });
      expect(message.sender).toMatchObject({ no: found(ann).no, id: 'ann', name: 'Name of ann' });
      expect(message.metadata).toEqual({ nested: { list: [1, null, 'x'] } });
      expect(message.deleted).toBeUndefined();
      expect(await own.log.message(room, message.id)).toEqual(message);
      expect((await own.events(room)).at(-1)).toEqual(appended.events[0]);
      expect(appended.events[0]).toMatchObject({
        type: 'message.created',
        tenantId: own.tenantId,
        roomNo: room.roomNo,
        roomId: room.roomId,
        epoch: 1,
        pts: 4,
        seq: 1,
      });
      expect(appended.events[0]?.actor).toMatchObject({ kind: 'user', user: { id: 'ann' } });
    });
  });

  describe('repeats', () => {
    it('answers a repeat in the same tick with the one message', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const clientMessageId = randomUUID();
      const entries = await Promise.all(upTo(5).map(() => own.entry(room, ann, { clientMessageId })));
      const sent = await Promise.all(entries.map((entry) => own.log.append(entry)));
      expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1);
      expect(sent.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
      expect(sent.filter(({ deduplicated }) => deduplicated).every(({ appended }) => appended.events.length === 0)).toBe(true);
      expect(await own.messages(room)).toHaveLength(1);
      expect((await own.roomNow(room)).lastSeq).toBe(1);
    });

    it('answers a later repeat with the first message, also when versions have moved on', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const facts = await own.facts(room, ann);
      const first = await own.say(room, ann, { clientMessageId: 'c1' });
      await own.change(room, [{ type: 'room.updated', patch: { name: 'other' } }]);
      const again = await own.say(room, ann, { clientMessageId: 'c1', facts });
      expect(again).toMatchObject({ deduplicated: true, message: { id: first.message.id, seq: 1, pts: first.message.pts } });
      expect(again.appended).toEqual({ events: [], userEvents: [] });
    });

    it('answers a repeat with what the message is today', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const { message } = await own.say(room, ann, { clientMessageId: 'c1' });
      await own.change(room, [{ type: 'message.deleted', messageId: message.id }]);
      const again = await own.say(room, ann, { clientMessageId: 'c1' });
      expect(again.deduplicated).toBe(true);
      expect(again.message.deleted).toBeDefined();
      expect(again.message.text).toBeUndefined();
    });

    it('refuses another draft under the same id, in the same tick and later, and writes nothing', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const entries = await Promise.all(['one', 'two'].map((text) => own.entry(room, ann, { clientMessageId: 'c1', text })));
      const [first, second] = await Promise.allSettled(entries.map((entry) => own.log.append(entry)));
      expect(first?.status).toBe('fulfilled');
      expect(second).toMatchObject({ status: 'rejected', reason: { code: 'idempotency-conflict' } });
      await expect(own.say(room, ann, { clientMessageId: 'c1', text: 'three' })).rejects.toMatchObject({ code: 'idempotency-conflict' });
      expect((await own.messages(room)).map(({ text }) => text)).toEqual(['one']);
    });

    it('keeps the same client id apart for other senders, rooms and tenants', async () => {
      const [own, other] = await Promise.all([scene(), scene()]);
      const [ann, bo] = await own.users('ann', 'bo');
      const rooms = [await own.group([found(ann), found(bo)]), await own.group([found(ann)])];
      const foreign = await other.user('ann');
      const sent = [
        await own.say(found(rooms[0]), found(ann), { clientMessageId: 'c1', text: 'a' }),
        await own.say(found(rooms[0]), found(bo), { clientMessageId: 'c1', text: 'b' }),
        await own.say(found(rooms[1]), found(ann), { clientMessageId: 'c1', text: 'c' }),
        await other.say(await other.group([foreign]), foreign, { clientMessageId: 'c1', text: 'd' }),
      ];
      expect(sent.map(({ deduplicated }) => deduplicated)).toEqual([false, false, false, false]);
    });

    it('finds an earlier send and tells whether the draft is the same', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      const { message } = await own.say(room, found(ann), { clientMessageId: 'c1', draft: 'the draft' });
      const earlier = (draft: string, no = found(ann).no) => own.log.earlierSend(room, no, 'c1', draft);
      expect(await earlier('the draft')).toMatchObject({ isSameDraft: true, message: { id: message.id } });
      expect(await earlier('another')).toMatchObject({ isSameDraft: false });
      expect(await earlier('the draft', found(bo).no)).toBeUndefined();
    });
  });

  describe('facts', () => {
    it.each(['tenant', 'room', 'sender'] as const)('refuses when the version of the %s has moved on, and writes nothing', async (which) => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const facts = await own.facts(room, ann);
      const stale = { ...facts, [which]: facts[which] - 1 };
      await expect(own.say(room, ann, { facts: stale })).rejects.toBeInstanceOf(StaleFacts);
      expect(await own.messages(room)).toEqual([]);
      expect((await own.roomNow(room)).pts).toBe(2);
    });

    it('notices a changed tenant, a banned sender, a muted member', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const room = await own.group([ann]);
      const by = { kind: 'system', id: 'contract' } as const;
      const moves = [
        () => own.technology.store.platform((tx) => tx.tenants.update(own.tenantId, { name: 'renamed' })),
        () =>
          own.technology.userLog.change({
            user: { tenantId: own.tenantId, userNo: ann.no },
            by,
            change: { type: 'user.banned', banId: randomUUID() },
          }),
        () => own.read((tx) => tx.users.setDeactivated(ann.no, true)),
        () => own.change(room, [{ type: 'member.muted', userNo: ann.no, until: new Date('2100-01-01T00:00:00Z') }]),
      ];
      for (const move of moves) {
        const facts = await own.facts(room, ann);
        await move();
        await expect(own.say(room, ann, { facts })).rejects.toBeInstanceOf(StaleFacts);
      }
    });

    it('lets one bad entry spoil none of its neighbours in the same tick', async () => {
      const own = await scene();
      const ann = await own.user('ann');
      const [room, other] = [await own.group([ann]), await own.group([ann])];
      await own.say(room, ann, { clientMessageId: 'used', text: 'first' });
      const facts = await own.facts(room, ann);
      const entries = await Promise.all([
        own.entry(room, ann, { text: 'good 1' }),
        own.entry(room, ann, { text: 'stale', facts: { ...facts, room: facts.room - 1 } }),
        own.entry(room, ann, { text: 'other draft', clientMessageId: 'used' }),
        own.entry(other, ann, { text: 'good 2' }),
        own.entry(room, ann, { text: 'first', clientMessageId: 'used' }),
        own.entry(room, ann, { text: 'good 3' }),
      ]);
      const results = await Promise.allSettled(entries.map((entry) => own.log.append(entry)));
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
      expect((await own.messages(room)).map(({ text }) => text)).toEqual(['first', 'good 1', 'good 3']);
      expect((await own.messages(other)).map(({ text }) => text)).toEqual(['good 2']);
      const pts = (await own.events(room)).map((event) => event.pts);
      expect(pts).toEqual(upTo(pts.length));
    });
  });

  describe('counters', () => {
    it('advances the sender, and leaves the message unread for the others', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      await own.say(room, found(ann));
      await own.say(room, found(bo));
      await own.say(room, found(bo));
      expect(await own.member(room, found(ann))).toMatchObject({ readSeq: 1, deliveredSeq: 1 });
      expect(await own.member(room, found(bo))).toMatchObject({ readSeq: 3, deliveredSeq: 3 });
      expect((await own.read((tx) => tx.rooms.startOf([found(ann).no], 1)))[0]?.unreadTotal).toBe(2);
      expect((await own.read((tx) => tx.rooms.startOf([found(bo).no], 1)))[0]?.unreadTotal).toBe(0);
    });

    it('counts unread mentions of me and of everyone, not my own, not deleted, not read', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      const ofBo = { id: 'bo', no: found(bo).no };
      const all = { id: '@all', no: 0 };
      await own.say(room, found(ann), { mentions: [ofBo] });
      await own.say(room, found(ann), { mentions: [ofBo, all] });
      await own.say(room, found(ann));
      const taken = await own.say(room, found(ann), { mentions: [all] });
      const count = async (user = found(bo)) => (await own.view(room, user)).unreadMentions;
      expect(await count()).toBe(3);
      expect(await count(found(ann))).toBe(0);
      await own.change(room, [{ type: 'message.deleted', messageId: taken.message.id }]);
      expect(await count()).toBe(2);
      await own.read((tx) => tx.members.mark(room.roomNo, found(bo).no, 'read', 1));
      expect(await count()).toBe(1);
      await own.say(room, found(bo), { mentions: [ofBo, all] });
      expect(await count()).toBe(0);
      expect(await count(found(ann))).toBe(1);
    });

    it('writes the tells of an append with the first message of the room, and with no other', async () => {
      const own = await scene();
      const [ann, bo] = await own.users('ann', 'bo');
      const room = await own.group([found(ann), found(bo)]);
      const tellsIfFirst = [{ userNo: found(bo).no, type: 'room.entered' as const }];
      const entries = await Promise.all(upTo(3).map(() => own.entry(room, found(ann), { tellsIfFirst })));
      const sent = await Promise.all(entries.map((entry) => own.log.append(entry)));
      expect(sent.filter(({ appended }) => appended.userEvents.length > 0).map(({ message }) => message.seq)).toEqual([1]);
      expect(await own.userEvents(found(bo))).toMatchObject([
        { type: 'room.entered', userPts: 1, data: { room: { id: room.roomId }, afterPts: 2 } },
      ]);
    });
  });
}
