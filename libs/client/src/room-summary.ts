import { capabilitiesOf } from '@parley/domain';
import type { Member, Message, Person, Room, RoomEnvelope } from '@parley/protocol';
import { personNow, withoutQuoteOf, withProfile } from './message-rows.js';

type Me = NonNullable<Room['me']>;
export type MemberEnvelope = Extract<RoomEnvelope, { type: `member.${string}` }>;

/** Who looks, and whether the user a `member.*` event is about was inside before it (undefined = not known). */
export interface Viewer {
  readonly me?: string;
  readonly wasMember?: boolean;
}

/** A room as it stands in a list, after one more event of its log. An event it already contains changes nothing. */
export function applyToRoom(room: Room, event: RoomEnvelope, viewer: Viewer): Room {
  if (event.pts <= room.pts) return room;
  return { ...reduceRoom(room, event, viewer), pts: event.pts, epoch: Math.max(room.epoch, event.epoch) };
}

function reduceRoom(room: Room, event: RoomEnvelope, viewer: Viewer): Room {
  switch (event.type) {
    case 'message.created':
      return withNewMessage(room, event.data.message, viewer.me);
    case 'message.deleted':
      return withDeletedMessage(room, event.data.message);
    case 'room.created':
    case 'room.updated':
      return withInfo(room, event.data.room);
    case 'room.dissolved':
      return { ...withInfo(room, event.data.room), me: undefined };
    case 'member.joined':
    case 'member.updated':
    case 'member.muted':
    case 'member.unmuted':
      return withStanding(withCount(room, event, viewer), event, viewer.me);
    case 'member.left':
    case 'member.removed':
    case 'member.banned':
      return withoutMember(withCount(room, event, viewer), event.data.member, viewer.me);
    case 'member.unbanned':
      return withCount(room, event, viewer);
    case 'event.hidden':
      return room;
    default: {
      const unknown: never = event; // A type of a newer server: its position counts, its content is not ours.
      return unknown ? room : unknown;
    }
  }
}

function withNewMessage(room: Room, message: Message, me: string | undefined): Room {
  const lastSeq = Math.max(room.lastSeq, message.seq);
  const isNewest = message.seq >= (room.lastMessage?.seq ?? 0);
  const lastMessage = isNewest ? message : room.lastMessage;
  if (!room.me) return { ...room, lastSeq, lastMessage };
  const isMine = message.sender.id === me;
  const isMention = !isMine && (message.mentions.includes('@all') || message.mentions.includes(me ?? ''));
  const readSeq = isMine ? Math.max(room.me.readSeq, message.seq) : room.me.readSeq;
  const unreadMentions = room.me.unreadMentions + (isMention ? 1 : 0);
  return { ...room, lastSeq, lastMessage, me: counted({ ...room.me, readSeq, unreadMentions, archived: false, hidden: false }, lastSeq) };
}

/** Unread is what was said after the read cursor; reading implies having received. */
function counted(me: Me, lastSeq: number): Me {
  const unread = Math.max(0, lastSeq - me.readSeq);
  return { ...me, deliveredSeq: Math.max(me.deliveredSeq, me.readSeq), unread, unreadMentions: Math.min(me.unreadMentions, unread) };
}

function withDeletedMessage(room: Room, tombstone: Message): Room {
  const { lastMessage } = room;
  if (!lastMessage) return room;
  return { ...room, lastMessage: lastMessage.id === tombstone.id ? tombstone : withoutQuoteOf(lastMessage, tombstone.id) };
}

/** Events carry what is the same for everyone; the viewer's own part stays. */
export function withInfo(room: Room, info: Room): Room {
  const { me, peer, lastMessage } = room;
  const capabilities = me ? [...capabilitiesOf(me.role, info.settings)] : [];
  return { ...info, lastSeq: Math.max(room.lastSeq, info.lastSeq), me: me && { ...me, capabilities }, peer, lastMessage };
}

const CHANGE: Partial<Record<RoomEnvelope['type'], number>> = {
  'member.joined': 1,
  'member.left': -1,
  'member.removed': -1,
  'member.banned': -1,
};

/** The event says how many there are now. A server that does not is believed only where the change is certain. */
function withCount(room: Room, event: MemberEnvelope, { wasMember }: Viewer): Room {
  const told: number | undefined = event.data.memberCount;
  if (told !== undefined) return { ...room, memberCount: told };
  const change = CHANGE[event.type] ?? 0;
  const isStranger = event.type === 'member.banned' && wasMember !== true;
  const isKnownAlready = event.type === 'member.joined' && wasMember === true;
  return isStranger || isKnownAlready ? room : { ...room, memberCount: Math.max(0, room.memberCount + change) };
}

function withStanding(room: Room, event: MemberEnvelope, me: string | undefined): Room {
  const { member } = event.data;
  if (member.userId !== me) return room;
  const before = event.type === 'member.joined' ? undefined : room.me;
  const { role, mutedUntil } = member;
  const cursors = {
    readSeq: Math.max(before?.readSeq ?? 0, member.readSeq),
    deliveredSeq: Math.max(before?.deliveredSeq ?? 0, member.deliveredSeq),
  };
  const capabilities = [...capabilitiesOf(role, room.settings)];
  return { ...room, me: counted({ ...(before ?? NEWCOMER), role, mutedUntil, capabilities, ...cursors }, room.lastSeq) };
}

const NEWCOMER: Omit<Me, 'role' | 'capabilities' | 'mutedUntil'> = {
  readSeq: 0,
  deliveredSeq: 0,
  unread: 0,
  unreadMentions: 0,
  markedUnread: false,
  notifications: { level: 'all' },
  pinned: false,
  archived: false,
  hidden: false,
};

const withoutMember = (room: Room, member: Member, me: string | undefined): Room =>
  member.userId === me ? { ...room, me: undefined } : room;

/** The viewer's own cursors, merged by maximum: they never move back (G9). */
export function withOwnCursors(room: Room, readSeq: number, deliveredSeq: number): Room {
  const { me } = room;
  if (!me || (readSeq <= me.readSeq && deliveredSeq <= me.deliveredSeq)) return room;
  const hasRead = readSeq > me.readSeq;
  const cursors = { readSeq: Math.max(me.readSeq, readSeq), deliveredSeq: Math.max(me.deliveredSeq, deliveredSeq) };
  return { ...room, me: counted({ ...me, ...cursors, markedUnread: me.markedUnread && !hasRead }, room.lastSeq) };
}

export function withRoomProfile(room: Room, person: Person): Room {
  const peer = room.peer?.id === person.id ? { ...room.peer, name: person.name ?? room.peer.name, image: person.image } : room.peer;
  return {
    ...room,
    peer,
    createdBy: room.createdBy && personNow(room.createdBy, person),
    lastMessage: room.lastMessage && withProfile(room.lastMessage, person),
  };
}
