import { createHash } from 'node:crypto';

/** One attempt to send. Attempts of the same (user, room, clientMessageId) are retries of one message. */
interface Attempt {
  readonly op: number;
  readonly client: string;
  readonly userId: string;
  readonly roomId: string;
  readonly clientMessageId: string;
}

interface At {
  readonly client: string;
  readonly userId: string;
  readonly roomId: string;
}

/** Content of a message, as a hash. */
export interface Content {
  readonly messageId: string;
  readonly bodyHash: string;
}

/** What a client saw of a room event. */
export interface Seen {
  readonly pts: number;
  readonly type: string;
  /** The message's id, for events about one. */
  readonly messageId?: string;
  /** `DELETED` in a tombstone. */
  readonly bodyHash?: string;
  /** What a reply shows of the message it answers. */
  readonly quoted?: Content;
}

/** What a server says of itself, read from outside. */
export interface Sample {
  /** The server was started so many times before. */
  readonly life: number;
  readonly rssMiB: number;
  readonly files: number;
  /** Connections to PostgreSQL, of all servers. */
  readonly backends: number;
  readonly servers: number;
  /** `idle`: nobody is connected and nothing is going on; only these are compared. */
  readonly phase: 'load' | 'idle';
}

/**
 * What can happen, as the recorder writes it. `info` = unknown outcome: the message may or may not exist, now or later.
 * `recv` is what came over the wire and was not told at once, `apply` what the app was told, `start` the position from
 * which it follows a room. `askedAt`: it is the answer to a question of that time; else it came by itself.
 */
export type Happening =
  /** `isOnLine`: on a socket through our proxy. */
  | ({ readonly kind: 'send-inv'; readonly bodyHash: string; readonly isOnLine?: boolean } & Attempt)
  | ({
      readonly kind: 'send-ok';
      readonly pts: number;
      readonly seq: number;
      readonly messageId: string;
      readonly deduplicated: boolean;
    } & Attempt)
  | ({ readonly kind: 'send-fail'; readonly code: string } & Attempt)
  | ({ readonly kind: 'send-info'; readonly reason: string } & Attempt)
  | ({ readonly kind: 'delete-inv' | 'delete-ok'; readonly messageId: string; readonly bodyHash: string } & At)
  | ({ readonly kind: 'read'; readonly askedAt: number } & At & Content)
  | ({ readonly kind: 'mark-ok'; readonly askedAt: number; readonly readSeq: number } & At)
  | ({ readonly kind: 'start'; readonly pts: number } & At)
  | ({ readonly kind: 'recv'; readonly askedAt?: number } & At & Seen)
  | ({ readonly kind: 'apply'; readonly askedAt?: number } & At & Seen)
  | ({ readonly kind: 'sync-req'; readonly afterPts: number } & At)
  | ({ readonly kind: 'sync-resp'; readonly pts: number; readonly complete: boolean; readonly events: number } & At)
  | ({ readonly kind: 'final'; readonly pts: number; readonly digest: string } & At)
  | { readonly kind: 'conn-up'; readonly client: string; readonly userId: string }
  | { readonly kind: 'conn-down'; readonly client: string; readonly userId: string; readonly reason: string }
  | { readonly kind: 'ban-inv' | 'unban-inv' | 'unban-ok'; readonly userId: string; readonly roomId: string }
  | { readonly kind: 'ban-ok'; readonly userId: string; readonly roomId: string; readonly pts?: number }
  | { readonly kind: 'foreign'; readonly where: string; readonly canary: string }
  | ({ readonly kind: 'sample' } & Sample)
  | { readonly kind: 'fault'; readonly name: string; readonly phase?: 'begin' | 'healed' | 'over' };

/** `t`: monotonic nanoseconds of one host. */
export type HistoryEvent = Happening & { readonly t: number };
export type Of<K extends Happening['kind']> = Extract<HistoryEvent, { readonly kind: K }>;

/** One stored position. Message fields only for `message.created`, `subjectId` for events about a member. */
export interface StoredEvent {
  readonly pts: number;
  readonly type: string;
  readonly seq?: number;
  readonly messageId?: string;
  readonly senderId?: string;
  readonly clientMessageId?: string;
  readonly bodyHash?: string;
  readonly quoted?: Content;
  readonly subjectId?: string;
}

export interface StoredMessage extends StoredEvent {
  readonly seq: number;
  readonly messageId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
  readonly bodyHash: string;
}

/** Where a member stands, as the server tells it. */
export interface Reader {
  readonly userId: string;
  readonly readSeq: number;
  readonly unread: number;
}

/** A room after quiescence: its log in stored order, its messages as the other reading way gives them, its readers. */
export interface RoomTruth {
  readonly roomId: string;
  readonly events: readonly StoredEvent[];
  readonly messages?: readonly StoredMessage[];
  readonly readers?: readonly Reader[];
}

export type Truth = readonly RoomTruth[];

/** Stands for the content of a message that was taken back. */
export const DELETED = 'deleted';
export const OUT_TYPES: ReadonlySet<string> = new Set(['member.banned', 'member.removed', 'member.left']);

export function isMessage(event: StoredEvent): event is StoredMessage {
  return event.type === 'message.created' && event.clientMessageId !== undefined;
}

export const hashOf = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 16);

/** Chain over what was applied: one short string stands for the whole sequence. */
export function chained(before: string, { pts, type, messageId = '', bodyHash = '' }: Seen): string {
  return hashOf([before, pts, type, messageId, bodyHash].join('|'));
}

/** The chain as it is once everything that was taken back is gone, whether the content or the tombstone was seen first. */
export function digestOf(seen: readonly Seen[]): string {
  const deleted = new Set(
    seen.flatMap(({ type, messageId }) => (type === 'message.deleted' && messageId !== undefined ? [messageId] : [])),
  );
  return seen.reduce(
    (digest, event) =>
      chained(digest, event.messageId !== undefined && deleted.has(event.messageId) ? { ...event, bodyHash: DELETED } : event),
    '',
  );
}
