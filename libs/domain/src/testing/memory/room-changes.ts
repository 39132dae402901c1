import { DomainError, notFound } from '../../errors.js';
import type { UserNo } from '../../ids.js';
import { StaleFacts, type ChangeEntry, type NewRoom, type RoomChange } from '../../ports/room-log.js';
import type { RoomProfile } from '../../rooms/room.js';
import { storedRef } from './joins.js';
import { presentMembers } from './members-section.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { banKey, memberKey, type MemberRow, type RoomRow, type StoredData } from './rows.js';

/** What a change made of the room. `data` absent = it was so already: no event. */
interface Applied {
  readonly room: RoomRow;
  readonly data?: (room: RoomRow) => StoredData;
}

type ChangeOf<T extends RoomChange['type']> = Extract<RoomChange, { type: T }>;

/** Changes that take nothing from anyone leave facts valid that were read before. */
const KEEPS_FACTS: ReadonlySet<RoomChange['type']> = new Set(['member.joined', 'member.unmuted', 'member.unbanned', 'message.deleted']);

export const raisesVersion = (change: RoomChange): boolean => !KEEPS_FACTS.has(change.type);

/** The effects of room changes on the state, one after the other inside the transaction that writes their events. */
export class RoomEffects {
  constructor(
    private readonly db: MemoryDatabase,
    private readonly space: TenantSpace,
    private readonly entry: Pick<ChangeEntry, 'room' | 'by'>,
  ) {}

  /** `room.pts` is still the one before the event. */
  apply(room: RoomRow, change: RoomChange): Applied {
    switch (change.type) {
      case 'room.created':
        return { room, data: (row) => ({ kind: 'room', room: row }) };
      case 'room.updated':
        return { room: patched(room, change.patch), data: (row) => ({ kind: 'room', room: row }) };
      case 'room.dissolved':
        return this.dissolved(room);
      case 'member.joined':
        return this.joined(room, change);
      case 'member.left':
      case 'member.removed':
        return this.gone(room, change);
      case 'member.updated':
      case 'member.muted':
      case 'member.unmuted':
        return this.memberChanged(room, change);
      case 'member.banned':
        return this.banned(room, change);
      case 'member.unbanned':
        return this.unbanned(room, change);
      case 'message.deleted':
        return this.messageDeleted(room, change);
    }
  }

  created(no: RoomRow['no'], room: NewRoom): RoomRow {
    const { space, db } = this;
    if (space.roomNos.has(room.id) || (room.pair && space.pairs.has(room.pair.join('/')))) throw new StaleFacts();
    const now = db.clock.now();
    const createdByNo = this.entry.by.kind === 'user' ? this.entry.by.user.no : undefined;
    const { id, kind, name, image, metadata, settings, pair, draft } = room;
    const head = { epoch: 1, pts: 0, lastSeq: 0, floorPts: 0, memberCount: 0, version: 0 };
    const own = { id, kind, name, image, metadata, settings, pair, draft, createdByNo };
    space.roomNos.set(id, no);
    if (pair) space.pairs.set(pair.join('/'), no);
    return { tenantId: space.tenantId, no, ...own, ...head, createdAt: now, activeAt: now, activeOrder: db.nextNumber() };
  }

  private dissolved(room: RoomRow): Applied {
    if (room.dissolvedAt) throw new DomainError('conflict', { detail: 'the room is dissolved already' });
    for (const row of presentMembers(this.space, room.no)) this.put({ ...row, status: 'removed' });
    return { room: { ...room, memberCount: 0, dissolvedAt: this.db.clock.now() }, data: (row) => ({ kind: 'room', room: row }) };
  }

  private joined(room: RoomRow, { userNo, role, isHidden }: ChangeOf<'member.joined'>): Applied {
    const known = this.space.members.get(memberKey(room.no, userNo));
    if (known?.status === 'member') return { room };
    if (room.dissolvedAt) throw new DomainError('conflict', { detail: 'the room is dissolved' });
    if (!this.space.users.has(userNo)) throw notFound();
    const { maxMembers } = room.settings;
    if (maxMembers !== undefined && room.memberCount >= maxMembers) throw new DomainError('room-full');
    const { lastSeq } = room;
    const member = this.put({
      roomNo: room.no,
      userNo,
      role,
      status: 'member',
      // A mute is not shaken off by leaving and coming back.
      mutedUntil: known?.mutedUntil,
      joinedAt: this.db.clock.now(),
      joinedPts: room.pts + 1,
      joinedSeq: lastSeq,
      readSeq: lastSeq,
      deliveredSeq: lastSeq,
      markedUnread: false,
      notifications: known?.notifications ?? { level: 'all' },
      pinned: known?.pinned ?? false,
      ...(isHidden ? { hiddenSeq: lastSeq } : {}),
    });
    return this.memberEvent({ ...room, memberCount: room.memberCount + 1 }, member);
  }

  private gone(room: RoomRow, { type, userNo, reason }: ChangeOf<'member.left' | 'member.removed'>): Applied {
    const member = this.put({ ...this.present(room, userNo), role: 'member', status: type === 'member.left' ? 'left' : 'removed' });
    return this.memberEvent({ ...room, memberCount: room.memberCount - 1 }, member, { reason });
  }

  private memberChanged(room: RoomRow, change: ChangeOf<'member.updated' | 'member.muted' | 'member.unmuted'>): Applied {
    const before = this.present(room, change.userNo);
    if (change.type === 'member.unmuted') return this.memberEvent(room, this.put({ ...before, mutedUntil: undefined }));
    if (change.type === 'member.muted') {
      return this.memberEvent(room, this.put({ ...before, mutedUntil: change.until }), { reason: change.reason, expiresAt: change.until });
    }
    const { role, name } = change.patch;
    const named = name === undefined ? before.name : (name ?? undefined);
    return this.memberEvent(room, this.put({ ...before, role: role ?? before.role, name: named }));
  }

  private banned(room: RoomRow, { userNo, banId, reason, expiresAt }: ChangeOf<'member.banned'>): Applied {
    if (!this.space.users.has(userNo)) throw notFound();
    const now = this.db.clock.now();
    const known = this.space.members.get(memberKey(room.no, userNo));
    const wasInside = known?.status === 'member';
    const ban = { id: banId, order: this.db.nextNumber(), userNo, roomNo: room.no, reason, expiresAt, createdAt: now };
    this.space.bans.set(banKey(room.no, userNo), { ...ban, createdBy: storedRef(this.entry.by) });
    const member = this.put({ ...(known ?? outsider(room, userNo, now)), role: 'member', status: 'banned' });
    return this.memberEvent({ ...room, memberCount: room.memberCount - (wasInside ? 1 : 0) }, member, { reason, expiresAt });
  }

  private unbanned(room: RoomRow, { userNo }: ChangeOf<'member.unbanned'>): Applied {
    const key = memberKey(room.no, userNo);
    const known = this.space.members.get(key);
    if (!known || !this.space.bans.has(banKey(room.no, userNo))) throw notFound();
    this.space.bans.delete(banKey(room.no, userNo));
    // Who came back after the ban ran out is inside and stays inside.
    return this.memberEvent(room, this.put(known.status === 'banned' ? { ...known, status: 'removed' } : known));
  }

  private messageDeleted(room: RoomRow, { messageId, reason }: ChangeOf<'message.deleted'>): Applied {
    const row = this.space.messages.get(messageId);
    if (row?.roomNo !== room.no || row.deleted) return { room };
    const deleted = { at: this.db.clock.now(), by: storedRef(this.entry.by), reason };
    this.space.messages.set(messageId, { ...row, text: undefined, mentions: [], metadata: {}, replyTo: undefined, deleted });
    return { room, data: () => ({ kind: 'message', messageId }) };
  }

  private memberEvent(room: RoomRow, member: MemberRow, more: { reason?: string; expiresAt?: Date } = {}): Applied {
    return { room, data: ({ memberCount }) => ({ kind: 'member', member, memberCount, ...more }) };
  }

  private present(room: RoomRow, userNo: UserNo): MemberRow {
    const row = this.space.members.get(memberKey(room.no, userNo));
    if (row?.status !== 'member') throw new StaleFacts();
    return row;
  }

  private put(row: MemberRow): MemberRow {
    return this.space.members.set(memberKey(row.roomNo, row.userNo), row);
  }
}

function patched(room: RoomRow, { name, image, metadata, settings }: RoomProfile): RoomRow {
  return {
    ...room,
    name: name === undefined ? room.name : (name ?? undefined),
    image: image === undefined ? room.image : (image ?? undefined),
    metadata: metadata ?? room.metadata,
    settings: { ...room.settings, ...settings },
  };
}

/** Somebody who was never inside. */
function outsider({ no, pts, lastSeq }: RoomRow, userNo: UserNo, now: Date): MemberRow {
  return {
    roomNo: no,
    userNo,
    role: 'member',
    status: 'banned',
    joinedAt: now,
    joinedPts: pts + 1,
    joinedSeq: lastSeq,
    readSeq: lastSeq,
    deliveredSeq: lastSeq,
    markedUnread: false,
    notifications: { level: 'all' },
    pinned: false,
  };
}
