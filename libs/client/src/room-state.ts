import type { Member, Message, Person, Problem, Room, RoomEnvelope } from '@parley/protocol';
import { type MessageRows, withMessage, withPage, withProfile, withTombstone } from './message-rows.js';
import type { OutboxEntry } from './outbox-storage.js';
import { applyToRoom, type MemberEnvelope, withOwnCursors, withRoomProfile } from './room-summary.js';

/** `left`: the viewer is no member any more. `failed`: `problem` says why the room could not be loaded. */
export type RoomStatus = 'loading' | 'ready' | 'left' | 'dissolved' | 'failed';

/**
 * One room as a client knows it at position `pts`. Immutable: every change makes a new object. Built from a snapshot
 * (`snapshotState`) or from nothing (`emptyRoomState`), carried on by `applyEvent`; both ways end in the same state.
 */
export interface RoomState {
  readonly roomId: string;
  /** Id of the user who looks; unknown before the first connection. */
  readonly me?: string;
  readonly status: RoomStatus;
  readonly problem?: Problem;
  /** With `memberCount`, `lastSeq`, `lastMessage` and `me.unread` as of `pts`. */
  readonly room?: Room;
  readonly epoch: number;
  readonly pts: number;
  /** By user id, each with `readSeq` and `deliveredSeq`. All of them only when `hasAllMembers`. */
  readonly members: ReadonlyMap<string, Member>;
  readonly hasAllMembers: boolean;
  /** Ascending by `seq`, tombstones included; older ones can be loaded when `hasMoreBefore`. */
  readonly messages: MessageRows;
  readonly hasMoreBefore: boolean;
  /** Own messages that are not committed yet, in the order they were said. */
  readonly pending: readonly OutboxEntry[];
}

/** How far one member has got; merged by maximum. */
export interface ReadCursor {
  readonly userId: string;
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

/** `gap`: events before this one are missing, nothing was changed. */
export type Outcome = 'applied' | 'duplicate' | 'gap';

export function emptyRoomState(roomId: string, me?: string): RoomState {
  return {
    roomId,
    me,
    status: 'loading',
    epoch: 0,
    pts: 0,
    members: new Map(),
    hasAllMembers: true,
    messages: [],
    hasMoreBefore: false,
    pending: [],
  };
}

/** What was fetched. `room` first, then the pages: what happened in between comes again as events and changes nothing twice. */
export interface Snapshot {
  readonly me: string;
  readonly room: Room;
  readonly messages: readonly Message[];
  readonly hasMoreBefore: boolean;
  readonly members: readonly Member[];
  readonly hasAllMembers: boolean;
}

export function snapshotState({ me, room, messages, hasMoreBefore, members, hasAllMembers }: Snapshot): RoomState {
  const { id: roomId, epoch, pts } = room;
  const byId = new Map(members.map((member) => [member.userId, member]));
  const status = room.dissolvedAt ? 'dissolved' : 'ready';
  return {
    roomId,
    me,
    status,
    room,
    epoch,
    pts,
    members: byId,
    hasAllMembers,
    messages: withPage([], messages),
    hasMoreBefore,
    pending: [],
  };
}

/** The next event of the room's log, strictly by position. Pure. */
export function applyEvent(state: RoomState, event: RoomEnvelope): { readonly state: RoomState; readonly outcome: Outcome } {
  if (event.pts <= state.pts) return { state, outcome: 'duplicate' };
  if (event.pts > state.pts + 1) return { state, outcome: 'gap' };
  const position = { pts: event.pts, epoch: Math.max(state.epoch, event.epoch) };
  const messages = reduceMessages(state.messages, event, state.hasMoreBefore);
  const members = reduceMembers(state, event);
  const pending = event.type === 'message.created' ? withoutEcho(state, event.data.message) : state.pending;
  const room = roomAfter(state, event);
  return { state: { ...state, ...position, room, messages, members, pending, status: statusAfter(state, event) }, outcome: 'applied' };
}

function roomAfter(state: RoomState, event: RoomEnvelope): Room | undefined {
  if (!state.room) return event.type === 'room.created' ? { ...event.data.room, pts: event.pts, epoch: event.epoch } : undefined;
  const data = event.data as { readonly member?: Member } | undefined;
  const isInside = data?.member !== undefined && state.members.has(data.member.userId);
  return applyToRoom(state.room, event, { me: state.me, wasMember: isInside || (state.hasAllMembers ? false : undefined) });
}

/** Messages before the window are loaded by page, not by event: what is shown has no hole. */
const isBeforeWindow = (rows: MessageRows, hasMoreBefore: boolean, { seq }: Message): boolean =>
  hasMoreBefore && seq < (rows[0]?.seq ?? Infinity);

/** What an event does to the rows, whatever their position: used again on pages that were read meanwhile. */
export function reduceMessages(rows: MessageRows, event: RoomEnvelope, hasMoreBefore: boolean): MessageRows {
  if (event.type === 'message.deleted') return withTombstone(rows, event.data.message);
  if (event.type !== 'message.created' || isBeforeWindow(rows, hasMoreBefore, event.data.message)) return rows;
  return withMessage(rows, event.data.message);
}

type Members = ReadonlyMap<string, Member>;
type MemberRows = Pick<RoomState, 'members' | 'hasAllMembers' | 'me'>;

/** Members not loaded stay out, so that a channel of any size keeps the map small; the viewer is always let in. */
export function reduceMembers(state: MemberRows, event: RoomEnvelope): Members {
  const { members } = state;
  switch (event.type) {
    case 'message.created':
      return withCursor(members, event.data.message.sender.id, event.data.message.seq, 0);
    case 'member.joined':
    case 'member.updated':
    case 'member.muted':
    case 'member.unmuted':
      return withMember(state, event);
    case 'member.left':
    case 'member.removed':
    case 'member.banned':
      return without(members, event.data.member.userId);
    case 'room.dissolved':
      return new Map();
    case 'message.deleted':
    case 'room.created':
    case 'room.updated':
    case 'member.unbanned':
    case 'event.hidden':
      return members;
    default: {
      const unknown: never = event; // A type of a newer server.
      return unknown ? members : unknown;
    }
  }
}

function withMember({ members, hasAllMembers, me }: MemberRows, { type, data: { member } }: MemberEnvelope): Members {
  // Pages come by time of joining: who joins now stands on a later page, who changes may have moved to one already read.
  const isKept = hasAllMembers || type !== 'member.joined' || member.userId === me;
  return isKept ? new Map(members).set(member.userId, keepingCursors(member, members.get(member.userId))) : members;
}

function without(members: Members, userId: string): Members {
  if (!members.has(userId)) return members;
  const rest = new Map(members);
  rest.delete(userId);
  return rest;
}

function keepingCursors(member: Member, before: Member | undefined): Member {
  if (!before) return member;
  return { ...member, readSeq: Math.max(member.readSeq, before.readSeq), deliveredSeq: Math.max(member.deliveredSeq, before.deliveredSeq) };
}

/** Merged by maximum, and reading implies having received. Cursors of members not loaded are not kept. */
function withCursor(members: Members, userId: string, readSeq: number, deliveredSeq: number): Members {
  const member = members.get(userId);
  if (!member) return members;
  const read = Math.max(member.readSeq, readSeq);
  const delivered = Math.max(member.deliveredSeq, deliveredSeq, read);
  if (read === member.readSeq && delivered === member.deliveredSeq) return members;
  return new Map(members).set(userId, { ...member, readSeq: read, deliveredSeq: delivered });
}

function statusAfter(state: RoomState, event: RoomEnvelope): RoomStatus {
  if (event.type === 'room.dissolved') return 'dissolved';
  if (event.type !== 'member.joined' && event.type !== 'member.left' && event.type !== 'member.removed' && event.type !== 'member.banned')
    return state.status;
  if (event.data.member.userId !== state.me) return state.status;
  return event.type === 'member.joined' ? 'ready' : 'left';
}

function withoutEcho(state: RoomState, message: Message): readonly OutboxEntry[] {
  if (message.sender.id !== state.me) return state.pending;
  const rest = state.pending.filter(({ clientMessageId }) => clientMessageId !== message.clientMessageId);
  return rest.length === state.pending.length ? state.pending : rest;
}

/** A committed message of one's own, before its event came: shown at once, where the window reaches. */
export function applySent(state: RoomState, message: Message): RoomState {
  const pending = withoutEcho(state, message);
  const isOutside = state.status === 'loading' || isBeforeWindow(state.messages, state.hasMoreBefore, message);
  const messages = isOutside ? state.messages : withMessage(state.messages, message);
  return { ...state, pending, messages };
}

/** Cursors that came outside the log: live receipts, or those of a difference. */
export function applyReceipts(state: RoomState, cursors: readonly ReadCursor[]): RoomState {
  return cursors.reduce<RoomState>((next, { userId, readSeq, deliveredSeq }) => {
    const members = withCursor(next.members, userId, readSeq, deliveredSeq);
    const room = next.room && userId === next.me ? withOwnCursors(next.room, readSeq, deliveredSeq) : next.room;
    return members === next.members && room === next.room ? next : { ...next, members, room };
  }, state);
}

export function applyProfile(state: RoomState, person: Person): RoomState {
  const member = state.members.get(person.id);
  const user = { name: person.name ?? member?.user.name ?? '', image: person.image };
  return {
    ...state,
    room: state.room && withRoomProfile(state.room, person),
    members: member ? new Map(state.members).set(person.id, { ...member, user }) : state.members,
    messages: state.messages.map((message) => withProfile(message, person)),
  };
}

/** Lets go of the oldest messages beyond `most`, a tenth of it at a time. */
export function withinWindow(state: RoomState, most: number): RoomState {
  return state.messages.length <= most * 1.1 ? state : { ...state, messages: state.messages.slice(-most), hasMoreBefore: true };
}

/** What the viewer has not read: messages after its read cursor. 0 for readers who are no members. */
export const unreadOf = (state: RoomState): number => state.room?.me?.unread ?? 0;
