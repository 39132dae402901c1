import {
  type ActorRef,
  type JsonObject,
  type Member,
  type MemberEventType,
  type Message,
  type Person,
  type Quote,
  quoteText,
  type Role,
  type MemberStatus,
  type RoomEvent,
  type RoomEventType,
  type RoomInfo,
  type RoomSettings,
  type UserNo,
} from '@parley/domain';
import { toActor, type ActorRow } from '../postgres/rows.js';

/** Types as the log keeps them. Append only: numbers are never used again. */
export const EVENT_CODES = {
  'event.hidden': 0,
  'message.created': 1,
  'message.deleted': 2,
  'room.created': 3,
  'room.updated': 4,
  'room.dissolved': 5,
  'member.joined': 6,
  'member.left': 7,
  'member.removed': 8,
  'member.updated': 9,
  'member.muted': 10,
  'member.unmuted': 11,
  'member.banned': 12,
  'member.unbanned': 13,
} as const satisfies Record<RoomEventType, number>;

const TYPES = new Map<number, RoomEventType>(Object.entries(EVENT_CODES).map(([type, code]) => [code, type as RoomEventType]));

export interface LogRow extends ActorRow {
  pts: number;
  seq: number | null;
  id: string;
  type: number;
  at: Date;
  subject_no: number | null;
  client_message_id: string | null;
  body: string | null;
  data: JsonObject | null;
  deleted: StoredTombstone | null;
}

export const LOG_COLUMNS = `l.pts, l.seq, l.id, l.type, l.at, l.actor_kind, l.actor_no, l.actor_id, l.subject_no, l.client_message_id, l.body, l.data, l.deleted`;

export interface StoredTombstone extends ActorRow {
  readonly at: string;
  readonly reason: string | null;
}

/** `data` of a message: only what is there is kept. */
export interface StoredMessageData {
  readonly mentions?: readonly UserNo[];
  readonly replyTo?: number;
  readonly metadata?: JsonObject;
}

/** `data` of a room event: the room right after it. */
export interface StoredRoomData {
  readonly name: string | null;
  readonly image: string | null;
  readonly metadata: JsonObject;
  readonly settings: RoomSettings;
  readonly memberCount: number;
  readonly lastSeq: number;
  readonly dissolvedAt: string | null;
}

/** `data` of a member event: the membership right after it. */
export interface StoredMemberData {
  readonly role: Role;
  readonly status: MemberStatus;
  readonly name: string | null;
  readonly joinedAt: string;
  readonly joinedPts: number;
  readonly joinedSeq: number;
  readonly mutedUntil: string | null;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly memberCount: number;
  readonly reason?: string;
  readonly expiresAt?: string;
}

/** `data` of a deletion: which message; its tombstone is read from its own row. */
export interface StoredDeletion {
  readonly messageSeq: number;
}

/** What rows point to, read beside them: people by number, messages by seq, and the room they are of. */
export interface Context {
  readonly room: RoomInfo;
  readonly people: ReadonlyMap<UserNo, Person>;
  readonly messages: ReadonlyMap<number, LogRow>;
}

const dataOf = <T>(row: LogRow): T => (row.data ?? {}) as T;
const ERASED = (no: UserNo): Person => ({ no, id: 'erased', name: 'erased' });
const personOf = (no: UserNo | null, { people }: Context): Person => people.get(no ?? -1) ?? ERASED(no ?? -1);

/** Everybody and every message that rows point to, so that both are read once. */
export function pointersOf(rows: readonly LogRow[]): { people: number[]; messages: number[] } {
  const people = new Set<number>();
  const messages = new Set<number>();
  for (const row of rows) {
    if (row.actor_no !== null) people.add(row.actor_no);
    if (row.subject_no !== null) people.add(row.subject_no);
    if (row.deleted?.actor_no) people.add(row.deleted.actor_no);
    if (row.type === EVENT_CODES['message.created']) {
      const data = dataOf<StoredMessageData>(row);
      for (const no of data.mentions ?? []) if (no !== 0) people.add(no);
      if (data.replyTo !== undefined) messages.add(data.replyTo);
    }
    if (row.type === EVENT_CODES['message.deleted']) messages.add(dataOf<StoredDeletion>(row).messageSeq);
  }
  return { people: [...people], messages: [...messages] };
}

export function toMessage(row: LogRow, context: Context): Message {
  const data = dataOf<StoredMessageData>(row);
  const deleted = row.deleted ?? undefined;
  return {
    id: row.id,
    roomId: context.room.id,
    seq: row.seq ?? 0,
    pts: row.pts,
    type: 'text',
    sender: personOf(row.actor_no, context),
    clientMessageId: row.client_message_id ?? '',
    text: deleted ? undefined : (row.body ?? ''),
    mentions: (data.mentions ?? []).map((no) => (no === 0 ? '@all' : personOf(no, context).id)),
    replyTo: data.replyTo === undefined ? undefined : toQuote(data.replyTo, context),
    metadata: data.metadata ?? {},
    createdAt: row.at,
    deleted: deleted && { at: new Date(deleted.at), by: toActor(deleted, context.people), reason: deleted.reason ?? undefined },
  };
}

function toQuote(seq: number, context: Context): Quote | undefined {
  const target = context.messages.get(seq);
  if (!target) return undefined;
  const quote = { messageId: target.id, seq, sender: personOf(target.actor_no, context), deleted: target.deleted !== null };
  return target.deleted ? quote : { ...quote, text: quoteText(target.body ?? '') };
}

export function toEvent(row: LogRow, context: Context): RoomEvent {
  const { room, people } = context;
  const type = TYPES.get(row.type) ?? 'event.hidden';
  const actor: ActorRef | undefined = row.actor_kind === 0 && row.actor_id === null ? undefined : toActor(row, people);
  const base = {
    id: row.id,
    tenantId: room.tenantId,
    roomNo: room.no,
    roomId: room.id,
    epoch: room.epoch,
    pts: row.pts,
    at: row.at,
    actor,
  };
  switch (type) {
    case 'message.created':
      return { ...base, type, seq: row.seq ?? undefined, data: { message: toMessage(row, context) } };
    case 'message.deleted': {
      const target = context.messages.get(dataOf<StoredDeletion>(row).messageSeq);
      return target ? { ...base, type, data: { message: toMessage(target, context) } } : { ...base, type: 'event.hidden', data: {} };
    }
    case 'room.created':
    case 'room.updated':
    case 'room.dissolved':
      return { ...base, type, data: { room: roomAt(row, room) } };
    case 'event.hidden':
      return { ...base, type, data: {} };
    default:
      return memberEvent(type, base, row, context);
  }
}

function roomAt(row: LogRow, room: RoomInfo): RoomInfo {
  const { name, image, metadata, settings, memberCount, lastSeq, dissolvedAt } = dataOf<StoredRoomData>(row);
  return {
    ...room,
    name: name ?? undefined,
    image: image ?? undefined,
    metadata,
    settings,
    memberCount,
    lastSeq,
    pts: row.pts,
    dissolvedAt: dissolvedAt === null ? undefined : new Date(dissolvedAt),
  };
}

type EventBase = Omit<Extract<RoomEvent, { type: 'member.joined' }>, 'type' | 'data'>;

function memberEvent(type: MemberEventType, base: EventBase, row: LogRow, context: Context): RoomEvent {
  const stored = dataOf<StoredMemberData>(row);
  const member: Member = {
    roomId: context.room.id,
    user: personOf(row.subject_no, context),
    role: stored.role,
    status: stored.status,
    name: stored.name ?? undefined,
    joinedAt: new Date(stored.joinedAt),
    joinedPts: stored.joinedPts,
    joinedSeq: stored.joinedSeq,
    mutedUntil: stored.mutedUntil === null ? undefined : new Date(stored.mutedUntil),
    readSeq: stored.readSeq,
    deliveredSeq: stored.deliveredSeq,
    markedUnread: false,
    notifications: { level: 'all' },
    pinned: false,
  };
  const expiresAt = stored.expiresAt === undefined ? undefined : new Date(stored.expiresAt);
  return { ...base, type, data: { member, memberCount: stored.memberCount, reason: stored.reason, expiresAt } };
}
