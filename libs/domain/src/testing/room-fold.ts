import type { RoomEvent } from '../events.js';
import type { UserId } from '../ids.js';
import type { Member } from '../members/member.js';
import type { Message } from '../messages/message.js';
import type { RoomInfo } from '../rooms/room.js';

/** A room as a reader of its log knows it. */
export interface FoldedRoom {
  readonly pts: number;
  readonly room?: RoomInfo;
  readonly members: ReadonlyMap<UserId, Member>;
  readonly messages: ReadonlyMap<number, Message>;
}

export const NOTHING_KNOWN: FoldedRoom = { pts: 0, members: new Map(), messages: new Map() };

/** The next event on top of what was known. Throws on a hole: a reader never jumps. */
export function fold(known: FoldedRoom, event: RoomEvent): FoldedRoom {
  if (event.pts !== known.pts + 1) throw new Error(`after ${known.pts} came ${event.pts}`);
  const { pts } = event;
  const changed = { ...known, ...partsOf(known, event), pts };
  return changed.room ? { ...changed, room: { ...changed.room, pts } } : changed;
}

function partsOf(known: FoldedRoom, event: RoomEvent): Partial<FoldedRoom> {
  switch (event.type) {
    case 'event.hidden':
      return {};
    case 'message.created':
      return { ...heard(known, event.data.message), room: known.room && { ...known.room, lastSeq: event.data.message.seq } };
    case 'message.deleted':
      return heard(known, event.data.message);
    case 'room.created':
    case 'room.updated':
      return { room: event.data.room };
    case 'room.dissolved':
      return { room: event.data.room, members: new Map() };
    default:
      return {
        members: withMember(known.members, event.data.member),
        room: known.room && { ...known.room, memberCount: event.data.memberCount },
      };
  }
}

function withMember(members: FoldedRoom['members'], member: Member): FoldedRoom['members'] {
  const next = new Map(members);
  if (member.status === 'member') return next.set(member.user.id, member);
  next.delete(member.user.id);
  return next;
}

/** A deleted message is gone from quotes too. */
function heard({ messages }: FoldedRoom, message: Message): Pick<FoldedRoom, 'messages'> {
  const next = new Map(messages).set(message.seq, message);
  if (!message.deleted) return { messages: next };
  for (const [seq, other] of next) {
    const { replyTo } = other;
    if (replyTo?.messageId === message.id) next.set(seq, { ...other, replyTo: { ...replyTo, text: undefined, deleted: true } });
  }
  return { messages: next };
}
