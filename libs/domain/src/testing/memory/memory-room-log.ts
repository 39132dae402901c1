import { DomainError, notFound } from '../../errors.js';
import type { MessageId, RoomKey, RoomNo, TenantId, UserNo } from '../../ids.js';
import type { KnownHead } from '../../ports/fanout.js';
import type { Message } from '../../messages/message.js';
import {
  RoomLog,
  StaleFacts,
  type Appended,
  type ChangeEntry,
  type EarlierSend,
  type LogSlice,
  type MessageEntry,
  type MessagePage,
  type MessageWindow,
  type SentMessage,
  type Tell,
} from '../../ports/room-log.js';
import { eventOf, messageOf, storedRef, userEventOf } from './joins.js';
import { presentMembers } from './members-section.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { windowOf } from './message-window.js';
import { raisesVersion, RoomEffects } from './room-changes.js';
import {
  memberKey,
  positionKey,
  sendKey,
  type EventRow,
  type MessageRow,
  type RoomRow,
  type StoredRef,
  type UserEventRow,
} from './rows.js';
import { appendUserEvent } from './user-entries.js';

const NOTHING: Appended = { events: [], userEvents: [] };

/** The rooms' logs on plain maps. */
export class MemoryRoomLog extends RoomLog {
  constructor(private readonly db: MemoryDatabase) {
    super();
  }

  append(entry: MessageEntry): Promise<SentMessage> {
    return this.db.transaction(() => {
      const space = this.db.space(entry.room.tenantId);
      const { clientMessageId, draft, sender } = entry.message;
      const earlier = this.earlier(space, entry.room.roomNo, sender.no, clientMessageId);
      if (earlier) {
        if (earlier.draft !== draft) throw new DomainError('idempotency-conflict');
        return { message: messageOf(space, earlier), deduplicated: true, appended: NOTHING };
      }
      const room = this.roomUnderFacts(space, entry);
      return this.write(space, entry, room);
    });
  }

  private roomUnderFacts(space: TenantSpace, { room, facts, message }: MessageEntry): RoomRow {
    const row = space.rooms.get(room.roomNo);
    const sender = space.users.get(message.sender.no);
    const tenant = this.db.tenants.get(space.tenantId);
    if (row?.version !== facts.room || sender?.version !== facts.sender || tenant?.version !== facts.tenant) throw new StaleFacts();
    return row;
  }

  private write(space: TenantSpace, entry: MessageEntry, before: RoomRow): SentMessage {
    const { id, sender, clientMessageId, draft, type, text, mentions, replyTo, metadata } = entry.message;
    const now = this.db.clock.now();
    const room = { ...before, pts: before.pts + 1, lastSeq: before.lastSeq + 1, activeAt: now, activeOrder: this.db.nextNumber() };
    const { no, pts, lastSeq: seq } = room;
    const own = { id, roomNo: no, seq, pts, type, senderNo: sender.no, clientMessageId, draft, text, mentions, metadata, createdAt: now };
    const message: MessageRow = { ...own, replyTo: replyTo?.messageId };
    space.rooms.set(no, room);
    space.messages.set(id, message);
    space.messageAt.set(positionKey(no, seq), id);
    space.sends.set(sendKey(no, sender.no, clientMessageId), id);
    this.advance(space, no, sender.no, seq);
    const actor: StoredRef = { kind: 'user', no: sender.no };
    const event = {
      id: this.db.random.uuid(),
      type: 'message.created',
      roomNo: no,
      pts,
      seq,
      at: now,
      actor,
      data: { kind: 'message', messageId: id },
    } as const;
    space.events.set(positionKey(no, pts), event);
    // Facts may be older than the room's first message: only the commit knows which one is first.
    const tells = seq === 1 ? this.tell(space, entry.tellsIfFirst ?? [], room, actor) : [];
    return { message: messageOf(space, message), deduplicated: false, appended: appended(space, entry.room, [event], tells) };
  }

  /** A sender has read what it said. */
  private advance(space: TenantSpace, roomNo: RoomNo, userNo: UserNo, seq: number): void {
    const member = space.members.get(memberKey(roomNo, userNo));
    if (member) space.members.set(memberKey(roomNo, userNo), { ...member, readSeq: seq, deliveredSeq: seq });
  }

  change(entry: ChangeEntry): Promise<Appended> {
    return this.db.transaction(() => {
      const space = this.db.space(entry.room.tenantId);
      if (entry.remember) this.db.remember(space, entry.remember);
      const effects = new RoomEffects(this.db, space, entry);
      const first = entry.changes[0];
      const room = first?.type === 'room.created' ? effects.created(entry.room.roomNo, first.room) : space.rooms.get(entry.room.roomNo);
      if (!room) throw notFound();
      if (entry.roomVersion !== undefined && entry.roomVersion !== room.version) throw new StaleFacts();
      if (entry.audit) this.db.appendAudit(space.audit, entry.audit, space.tenantId);
      return this.applyAll(space, entry, room, effects);
    });
  }

  private applyAll(space: TenantSpace, entry: ChangeEntry, before: RoomRow, effects: RoomEffects): Appended {
    const actor = storedRef(entry.by);
    const events: EventRow[] = [];
    const tells: Tell[] = [...(entry.tells ?? [])];
    let room = before;
    for (const change of entry.changes) {
      if (change.type === 'room.dissolved') tells.push(...exits(space, room));
      const { room: changed, data } = effects.apply(room, change);
      if (data === undefined) {
        if ('userNo' in change) dropTells(tells, change.userNo);
        continue;
      }
      const head = { pts: room.pts + 1, version: room.version + (raisesVersion(change) ? 1 : 0) };
      room = { ...changed, ...head, activeAt: this.db.clock.now(), activeOrder: this.db.nextNumber() };
      space.rooms.set(room.no, room);
      const row = {
        id: this.db.random.uuid(),
        type: change.type,
        roomNo: room.no,
        pts: room.pts,
        at: this.db.clock.now(),
        actor,
        data: data(room),
      };
      events.push(space.events.set(positionKey(room.no, room.pts), row));
    }
    return appended(space, entry.room, events, this.tell(space, tells, room, actor));
  }

  private tell(space: TenantSpace, tells: readonly Tell[], room: RoomRow, actor: StoredRef): UserEventRow[] {
    return tells.map(({ userNo, type }) => {
      const { joinedPts = 1 } = space.members.get(memberKey(room.no, userNo)) ?? {};
      const data = type === 'room.entered' ? { room, afterPts: joinedPts - 1 } : { room };
      return appendUserEvent(this.db, space, { type, userNo, actor, data });
    });
  }

  async nextRoomNo(): Promise<RoomNo> {
    return this.db.nextNumber();
  }

  earlierSend(room: RoomKey, senderNo: UserNo, clientMessageId: string, draft: string): Promise<EarlierSend | undefined> {
    return this.db.transaction(() => {
      const space = this.db.space(room.tenantId);
      const row = this.earlier(space, room.roomNo, senderNo, clientMessageId);
      return row && { message: messageOf(space, row), isSameDraft: row.draft === draft };
    });
  }

  private earlier(space: TenantSpace, roomNo: RoomNo, senderNo: UserNo, clientMessageId: string): MessageRow | undefined {
    const id = space.sends.get(sendKey(roomNo, senderNo, clientMessageId));
    return id === undefined ? undefined : space.messages.get(id);
  }

  async headsSince(tenantIds: readonly TenantId[]): Promise<{ now: Date; heads: readonly KnownHead[] }> {
    const heads = tenantIds.flatMap((tenantId) =>
      this.db
        .space(tenantId)
        .rooms.values()
        .map(({ no, id, epoch, pts }) => ({ tenantId, roomNo: no, roomId: id, epoch, pts })),
    );
    return { now: this.db.clock.now(), heads };
  }

  after(room: RoomKey, afterPts: number, limit: number): Promise<LogSlice> {
    return this.db.transaction(() => {
      const space = this.db.space(room.tenantId);
      const row = space.rooms.get(room.roomNo);
      if (!row) throw notFound();
      const { epoch, pts, lastSeq } = row;
      const length = Math.max(0, Math.min(limit, pts - afterPts));
      const rows = Array.from({ length }, (_, index) => space.events.get(positionKey(row.no, afterPts + index + 1)));
      return { head: { epoch, pts, lastSeq, floorPts: 0 }, events: rows.flatMap((event) => (event ? [eventOf(space, room, event)] : [])) };
    });
  }

  messages(room: RoomKey, window: MessageWindow): Promise<MessagePage> {
    return this.db.transaction(() => {
      const space = this.db.space(room.tenantId);
      const { from, to, hasMoreBefore, hasMoreAfter } = windowOf(window, space.rooms.get(room.roomNo)?.lastSeq ?? 0);
      const ids = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) =>
        space.messageAt.get(positionKey(room.roomNo, from + index)),
      );
      const rows = ids.flatMap((id) => (id === undefined ? [] : (space.messages.get(id) ?? [])));
      return { items: rows.map((row) => messageOf(space, row)), hasMoreBefore, hasMoreAfter };
    });
  }

  message(room: RoomKey, messageId: MessageId): Promise<Message | undefined> {
    return this.db.transaction(() => {
      const space = this.db.space(room.tenantId);
      const row = space.messages.get(messageId);
      return row?.roomNo === room.roomNo ? messageOf(space, row) : undefined;
    });
  }

  messageIdsOf(room: RoomKey, userNo: UserNo, limit: number): Promise<readonly MessageId[]> {
    return this.db.transaction(() => {
      const rows = this.db
        .space(room.tenantId)
        .messages.values()
        .filter((row) => row.roomNo === room.roomNo && row.senderNo === userNo && !row.deleted);
      return rows
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit)
        .map(({ id }) => id);
    });
  }
}

const exits = (space: TenantSpace, room: RoomRow): Tell[] =>
  presentMembers(space, room.no).map(({ userNo }) => ({ userNo, type: 'room.exited' }));

/** Nothing happened to this user: it is told nothing. */
function dropTells(tells: Tell[], userNo: UserNo): void {
  for (let index = tells.length - 1; index >= 0; index -= 1) if (tells[index]?.userNo === userNo) tells.splice(index, 1);
}

function appended(space: TenantSpace, room: RoomKey, events: readonly EventRow[], tells: readonly UserEventRow[]): Appended {
  return { events: events.map((row) => eventOf(space, room, row)), userEvents: tells.map((row) => userEventOf(space, row)) };
}
