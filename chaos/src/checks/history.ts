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

/** What a client saw of a room event. */
export interface Seen {
  readonly pts: number;
  readonly type: string;
  /** The message's id, for events about one. */
  readonly messageId?: string;
  readonly bodyHash?: string;
}

/**
 * What can happen, as the recorder writes it. `info` = unknown outcome: the message may or may not exist, now or later.
 * `recv` is what came over the wire, `apply` what the app was told, `start` the position from which it follows a room.
 */
export type Happening =
  | ({ readonly kind: 'send-inv'; readonly bodyHash: string } & Attempt)
  | ({
      readonly kind: 'send-ok';
      readonly pts: number;
      readonly seq: number;
      readonly messageId: string;
      readonly deduplicated: boolean;
    } & Attempt)
  | ({ readonly kind: 'send-fail'; readonly code: string } & Attempt)
  | ({ readonly kind: 'send-info'; readonly reason: string } & Attempt)
  | ({ readonly kind: 'start'; readonly pts: number } & At)
  | ({ readonly kind: 'recv' } & At & Seen)
  | ({ readonly kind: 'apply' } & At & Seen)
  | ({ readonly kind: 'sync-req'; readonly afterPts: number } & At)
  | ({ readonly kind: 'sync-resp'; readonly pts: number; readonly complete: boolean; readonly events: number } & At)
  | ({ readonly kind: 'final'; readonly pts: number; readonly digest: string } & At)
  | { readonly kind: 'conn-up'; readonly client: string; readonly userId: string }
  | { readonly kind: 'conn-down'; readonly client: string; readonly userId: string; readonly reason: string }
  | { readonly kind: 'ban-inv' | 'unban-inv'; readonly userId: string; readonly roomId: string }
  | { readonly kind: 'ban-ok'; readonly userId: string; readonly roomId: string; readonly pts?: number }
  | { readonly kind: 'fault'; readonly name: string };

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
  readonly subjectId?: string;
}

export interface StoredMessage extends StoredEvent {
  readonly seq: number;
  readonly messageId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
  readonly bodyHash: string;
}

/** A room after quiescence: its log in stored order, and its messages as the other reading way gives them. */
export interface RoomTruth {
  readonly roomId: string;
  readonly events: readonly StoredEvent[];
  readonly messages?: readonly StoredMessage[];
}

export type Truth = readonly RoomTruth[];

export function isMessage(event: StoredEvent): event is StoredMessage {
  return event.type === 'message.created' && event.clientMessageId !== undefined;
}

export const hashOf = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 16);

/** Chain over what was applied: one short string stands for the whole sequence. */
export function chained(before: string, { pts, type, messageId = '', bodyHash = '' }: Seen): string {
  return hashOf([before, pts, type, messageId, bodyHash].join('|'));
}
