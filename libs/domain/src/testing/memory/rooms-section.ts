import type { RoomId, UserNo } from '../../ids.js';
import type { JoinedRoom, RoomAccess, RoomFilter, Rooms, SendFacts, Start } from '../../ports/store.js';
import { hiddenUpTo } from '../../rooms/access.js';
import { isListed, type RoomView } from '../../rooms/room.js';
import { banOf, memberOf, messageOf, roomInfoOf, roomOf, userOf } from './joins.js';
import { roomsOfMember } from './members-section.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { keyset } from './pages.js';
import { banKey, memberKey, positionKey, type MemberRow, type RoomRow } from './rows.js';
import { matches } from './tenants-section.js';

const MINUTE_MS = 60_000;

export function memoryRooms(db: MemoryDatabase, space: TenantSpace): Rooms {
  const rowOf = (id: RoomId): RoomRow | undefined => {
    const no = space.roomNos.get(id);
    return no === undefined ? undefined : space.rooms.get(no);
  };
  const access = (id: RoomId, userNo: UserNo): RoomAccess | undefined => {
    const row = rowOf(id);
    return row && accessTo(space, row, userNo);
  };
  return {
    byId: async (id) => {
      const row = rowOf(id);
      return row && roomOf(space, row);
    },
    byPair: async (pair) => {
      const no = space.pairs.get(pair.join('/'));
      const row = no === undefined ? undefined : space.rooms.get(no);
      return row && roomOf(space, row);
    },
    isSameDraft: async (no, draft) => space.rooms.get(no)?.draft === draft,
    access: async (id, userNo) => access(id, userNo),
    accesses: async (pairs) => pairs.map(({ id, userNo }) => access(id, userNo)),
    sendFacts: async (id, userNo) => {
      const found = access(id, userNo);
      return found && sendFacts(db, space, found, userNo);
    },
    view: async (id, userNo) => {
      const row = rowOf(id);
      return row && viewOf(space, row, userNo);
    },
    listOf: async (userNo, filter, page) => {
      const rows = roomsOfMember(space, userNo)
        .filter(({ member, room }) => isListed(member, room.lastSeq) && fits(space, room, filter, member))
        .map(({ room }) => room);
      return keyset(
        rows,
        page,
        (row) => [-row.activeOrder],
        (row) => viewOf(space, row, userNo),
      );
    },
    list: async (filter, page) =>
      keyset(
        space.rooms.values().filter((row) => fits(space, row, filter)),
        page,
        (row) => [-Math.floor(row.activeAt.getTime() / MINUTE_MS), -row.no],
        (row) => viewOf(space, row, undefined),
      ),
    startOf: async (userNos, limit) => userNos.map((userNo) => start(space, userNo, limit)),
  };
}

function start(space: TenantSpace, userNo: UserNo, limit: number): Start {
  const all = roomsOfMember(space, userNo).sort((a, b) => b.room.activeOrder - a.room.activeOrder);
  const unreadTotal = all.reduce((total, { member, lastSeq }) => total + Math.max(0, lastSeq - member.readSeq), 0);
  const { userPts = 0, version = 0 } = space.users.get(userNo) ?? {};
  return { userVersion: version, userPts, unreadTotal, rooms: all.slice(0, limit).map(({ room, member }) => joinedRoom(room, member)) };
}

function joinedRoom(room: RoomRow, member: MemberRow): JoinedRoom {
  const { no, id, epoch, pts, floorPts, lastSeq, settings } = room;
  const hiddenPts = settings.historyVisibility === 'since-join' ? member.joinedPts - 1 : 0;
  return { no, id, epoch, pts, floorPts, lastSeq, readSeq: member.readSeq, hiddenPts, isListed: isListed(member, lastSeq) };
}

function accessTo(space: TenantSpace, row: RoomRow, userNo: UserNo): RoomAccess {
  const member = space.members.get(memberKey(row.no, userNo));
  const ban = space.bans.get(banKey(row.no, userNo));
  return {
    room: roomOf(space, row),
    ...(member ? { member: memberOf(space, member) } : {}),
    ...(ban ? { ban: banOf(space, ban) } : {}),
  };
}

function sendFacts(db: MemoryDatabase, space: TenantSpace, found: RoomAccess, userNo: UserNo): SendFacts | undefined {
  const tenant = db.tenants.get(space.tenantId);
  const sender = space.users.get(userNo);
  if (!tenant || !sender) return undefined;
  const tenantBan = space.bans.get(banKey(undefined, userNo));
  const peerNo = found.room.pair?.find((no) => no !== userNo);
  const peer =
    peerNo === undefined ? undefined : { user: userOf(space, peerNo), blocksSender: false, isBlockedBySender: false, isFriend: false };
  return { ...found, tenant, sender, tenantBan: tenantBan && banOf(space, tenantBan), peer };
}

function fits(space: TenantSpace, room: RoomRow, filter: RoomFilter, me?: MemberRow): boolean {
  const { kind, q, unread, archived, memberNo } = filter;
  if (kind !== undefined && room.kind !== kind) return false;
  if (q !== undefined && !matches(q, room.id, room.name)) return false;
  if (memberNo !== undefined && space.members.get(memberKey(room.no, memberNo))?.status !== 'member') return false;
  if (!me) return true;
  if (unread !== undefined && (room.lastSeq > me.readSeq || me.markedUnread) !== unread) return false;
  return archived === undefined || (me.archivedSeq !== undefined && room.lastSeq <= me.archivedSeq) === archived;
}

function viewOf(space: TenantSpace, row: RoomRow, userNo: UserNo | undefined): RoomView {
  const member = userNo === undefined ? undefined : space.members.get(memberKey(row.no, userNo));
  const me = member && memberOf(space, member);
  const peerNo = userNo === undefined ? undefined : row.pair?.find((no) => no !== userNo);
  const floor = hiddenUpTo({ room: roomOf(space, row), member: me }).seq;
  const lastId = row.lastSeq > floor ? space.messageAt.get(positionKey(row.no, row.lastSeq)) : undefined;
  const last = lastId === undefined ? undefined : space.messages.get(lastId);
  return {
    room: roomInfoOf(space, row),
    me,
    unreadMentions: member?.status === 'member' ? unreadMentions(space, row, member) : undefined,
    peer: peerNo === undefined ? undefined : userOf(space, peerNo),
    lastMessage: last && messageOf(space, last),
  };
}

function unreadMentions(space: TenantSpace, { no }: RoomRow, { userNo, readSeq }: MemberRow): number {
  return space.messages
    .values()
    .filter(
      (message) =>
        message.roomNo === no &&
        message.seq > readSeq &&
        message.senderNo !== userNo &&
        !message.deleted &&
        message.mentions.some((mention) => mention.no === userNo || mention.no === 0),
    ).length;
}
