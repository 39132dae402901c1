import type { ActorRef, Person } from '../../actor.js';
import type { RoomEvent, UserEvent } from '../../events.js';
import type { RoomKey, UserNo } from '../../ids.js';
import type { Member } from '../../members/member.js';
import { quoteOf } from '../../messages/message.service.js';
import type { Message } from '../../messages/message.js';
import type { Ban } from '../../moderation/ban.js';
import type { Room, RoomInfo } from '../../rooms/room.js';
import { personOf, type User } from '../../users/user.js';
import type { TenantSpace } from './memory-database.js';
import type { BanRow, EventRow, MemberRow, MessageRow, RoomRow, StoredData, StoredRef, UserEventRow } from './rows.js';

/** Rows to what the domain reads: names, quotes and content are joined as they are today. */

export function userOf(space: TenantSpace, no: UserNo): User {
  const user = space.users.get(no);
  if (!user) throw new Error(`no user ${no} in ${space.tenantId}`);
  return user;
}

export const personAt = (space: TenantSpace, no: UserNo): Person => personOf(userOf(space, no));

export const storedRef = (by: ActorRef): StoredRef => (by.kind === 'user' ? { kind: 'user', no: by.user.no } : by);

export const refOf = (space: TenantSpace, ref: StoredRef): ActorRef =>
  ref.kind === 'user' ? { kind: 'user', user: personAt(space, ref.no) } : ref;

export function roomOf(space: TenantSpace, row: RoomRow): Room {
  const { createdByNo, draft: _draft, activeAt: _activeAt, activeOrder: _activeOrder, ...room } = row;
  return { ...room, ...(createdByNo === undefined ? {} : { createdBy: personAt(space, createdByNo) }) };
}

export function roomInfoOf(space: TenantSpace, row: RoomRow): RoomInfo {
  const { version: _version, pair: _pair, ...info } = roomOf(space, row);
  return info;
}

export function memberOf(space: TenantSpace, row: MemberRow): Member {
  const { roomNo, userNo, ...member } = row;
  return { ...member, roomId: space.rooms.get(roomNo)?.id ?? '', user: personAt(space, userNo) };
}

export function banOf(space: TenantSpace, row: BanRow): Ban {
  const { userNo, createdBy, order: _order, ...ban } = row;
  const roomId = row.roomNo === undefined ? undefined : space.rooms.get(row.roomNo)?.id;
  return { ...ban, roomId, user: personAt(space, userNo), createdBy: refOf(space, createdBy) };
}

export function messageOf(space: TenantSpace, row: MessageRow): Message {
  const { id, seq, pts, type, clientMessageId, text, metadata, createdAt, deleted } = row;
  const target = row.replyTo === undefined ? undefined : space.messages.get(row.replyTo);
  return {
    id,
    roomId: space.rooms.get(row.roomNo)?.id ?? '',
    seq,
    pts,
    type,
    sender: personAt(space, row.senderNo),
    clientMessageId,
    text,
    mentions: row.mentions.map((mention) => mention.id),
    replyTo: target && quoteOf(messageOf(space, { ...target, replyTo: undefined })),
    metadata,
    createdAt,
    deleted: deleted && { at: deleted.at, by: refOf(space, deleted.by), reason: deleted.reason },
  };
}

export function eventOf(space: TenantSpace, room: RoomKey, row: EventRow): RoomEvent {
  const { id, type, pts, seq, at, actor } = row;
  const current = space.rooms.get(room.roomNo);
  return {
    id,
    type,
    tenantId: room.tenantId,
    roomNo: room.roomNo,
    roomId: current?.id ?? '',
    epoch: current?.epoch ?? 1,
    pts,
    seq,
    at,
    actor: actor && refOf(space, actor),
    data: dataOf(space, row.data),
  } as RoomEvent;
}

function dataOf(space: TenantSpace, data: StoredData): RoomEvent['data'] {
  switch (data.kind) {
    case 'room':
      return { room: roomInfoOf(space, data.room) };
    case 'member': {
      const { member, memberCount, reason, expiresAt } = data;
      return { member: memberOf(space, member), memberCount, reason, expiresAt };
    }
    case 'message': {
      const row = space.messages.get(data.messageId);
      if (!row) throw new Error('an event without its message');
      return { message: messageOf(space, row) };
    }
  }
}

export function userEventOf(space: TenantSpace, row: UserEventRow): UserEvent {
  const { id, type, userNo, userPts, at, actor, data } = row;
  return {
    id,
    type,
    tenantId: space.tenantId,
    userNo,
    userPts,
    at,
    actor: actor && refOf(space, actor),
    data: 'ban' in data ? { ban: banOf(space, data.ban) } : { ...data, room: roomInfoOf(space, data.room) },
  } as UserEvent;
}
