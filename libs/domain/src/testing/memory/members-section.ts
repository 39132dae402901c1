import { RECEIPTS_MEMBERS_MAX } from '../../limits.js';
import type { RoomNo, UserNo } from '../../ids.js';
import type { ReceiptMark, Members } from '../../ports/store.js';
import {} from '../../rooms/room.js';
import type { Receipts } from '../../sync/sync.js';
import { memberOf } from './joins.js';
import type { TenantSpace } from './memory-database.js';
import { keyset } from './pages.js';
import { memberKey, type MemberRow } from './rows.js';

export const presentMembers = (space: TenantSpace, roomNo: RoomNo): MemberRow[] =>
  space.members.values().filter((member) => member.roomNo === roomNo && member.status === 'member');

const byAge = (a: MemberRow, b: MemberRow): number => a.joinedPts - b.joinedPts;

export function memoryMembers(space: TenantSpace): Members {
  return {
    get: async (roomNo, userNo) => {
      const row = space.members.get(memberKey(roomNo, userNo));
      return row && memberOf(space, row);
    },
    list: async (roomNo, page) =>
      keyset(
        presentMembers(space, roomNo),
        page,
        (row) => [row.role === 'owner' ? 0 : 1, row.joinedPts],
        (row) => memberOf(space, row),
      ),
    heir: async (roomNo, exceptNo) => {
      const others = presentMembers(space, roomNo)
        .filter(({ userNo }) => userNo !== exceptNo)
        .sort(byAge);
      const heir = others.find(({ role }) => role === 'admin') ?? others[0];
      return heir && memberOf(space, heir);
    },
    countOwners: async (roomNo) => presentMembers(space, roomNo).filter(({ role }) => role === 'owner').length,
    mark: async (roomNo, userNo, kind, seq) => mark(space, { roomNo, userNo, kind, seq }),
    receipts: async (roomNo, userNo) => receipts(space, roomNo, userNo),
    receiptsOf: async (pairs) => pairs.map(({ roomNo, userNo }) => receipts(space, roomNo, userNo)),
  };
}

/** The rooms a user is in, with its membership row. */
export function roomsOfMember(space: TenantSpace, userNo: UserNo) {
  return space.members.values().flatMap((member) => {
    const room = member.userNo === userNo && member.status === 'member' ? space.rooms.get(member.roomNo) : undefined;
    return room ? [{ member, room, lastSeq: room.lastSeq }] : [];
  });
}

function mark(
  space: TenantSpace,
  { roomNo, userNo, kind, seq }: { roomNo: RoomNo; userNo: UserNo; kind: 'read' | 'delivered'; seq: number },
): ReceiptMark | undefined {
  const row = space.members.get(memberKey(roomNo, userNo));
  const room = space.rooms.get(roomNo);
  if (row?.status !== 'member' || !room) return undefined;
  const to = Math.min(seq, room.lastSeq);
  const readSeq = kind === 'read' ? Math.max(row.readSeq, to) : row.readSeq;
  const deliveredSeq = Math.max(row.deliveredSeq, readSeq, to);
  const hasMoved = kind === 'read' ? readSeq > row.readSeq : deliveredSeq > row.deliveredSeq;
  const marked = space.members.set(memberKey(roomNo, userNo), { ...row, readSeq, deliveredSeq });
  return { member: memberOf(space, marked), lastSeq: room.lastSeq, hasMoved };
}

function receipts(space: TenantSpace, roomNo: RoomNo, userNo: UserNo): Receipts {
  const members = presentMembers(space, roomNo).sort(byAge);
  const shown = members.length <= RECEIPTS_MEMBERS_MAX ? members : members.filter((member) => member.userNo === userNo);
  const cursors = shown.map((row) => ({ userId: memberOf(space, row).user.id, readSeq: row.readSeq, deliveredSeq: row.deliveredSeq }));
  return { cursors, memberCount: members.length };
}
