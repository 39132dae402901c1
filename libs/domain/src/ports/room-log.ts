import type { ActorRef, Person } from '../actor.js';
import type { AuditEntry } from '../audit/audit.js';
import type { RoomEvent, UserEvent, UserEventType } from '../events.js';
import type { MessageId, RoomId, RoomKey, RoomNo, TenantId, UserId, UserNo } from '../ids.js';
import type { JsonObject } from '../json.js';
import type { Role } from '../members/member.js';
import type { Message, Quote } from '../messages/message.js';
import type { RoomKind, RoomProfile, RoomSettings } from '../rooms/room.js';
import type { KnownHead } from './fanout.js';
import type { Remember } from './store.js';

/** The versions under which the facts of a send were read; the commit refuses when any has moved on. */
export interface FactVersions {
  readonly tenant: number;
  readonly room: number;
  readonly sender: number;
}

export interface NewMessage {
  readonly id: MessageId;
  readonly sender: Person;
  readonly clientMessageId: string;
  /** Canonical text of the parsed draft; its hash decides whether a repeat is the same draft. */
  readonly draft: string;
  readonly type: 'text';
  readonly text: string;
  readonly mentions: readonly Mention[];
  readonly replyTo?: Quote;
  readonly metadata: JsonObject;
}

/** `no` 0 stands for everyone (`@all`): one row, however many members. */
export interface Mention {
  readonly id: UserId;
  readonly no: UserNo;
}

export interface MessageEntry {
  readonly room: RoomKey & { readonly roomId: RoomId };
  readonly facts: FactVersions;
  readonly message: NewMessage;
  /** Written in the same commit, when this turns out to be the room's first message (seq 1). */
  readonly tellsIfFirst?: readonly Tell[];
}

export interface NewRoom {
  readonly no: RoomNo;
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly name?: string;
  readonly image?: string;
  readonly metadata: JsonObject;
  readonly settings: RoomSettings;
  readonly pair?: readonly [UserNo, UserNo];
  /** Canonical text of the request: the same id and body again is the same room. */
  readonly draft?: string;
}

/** One change = one event and what it does to the room's state, applied in the transaction that writes the event. */
export type RoomChange =
  | { readonly type: 'room.created'; readonly room: NewRoom }
  | { readonly type: 'room.updated'; readonly patch: RoomProfile }
  | { readonly type: 'room.dissolved' }
  | { readonly type: 'member.joined'; readonly userNo: UserNo; readonly role: Role; readonly isHidden?: boolean }
  | { readonly type: 'member.left' | 'member.removed'; readonly userNo: UserNo; readonly reason?: string }
  | { readonly type: 'member.updated'; readonly userNo: UserNo; readonly patch: { readonly role?: Role; readonly name?: string | null } }
  | { readonly type: 'member.muted'; readonly userNo: UserNo; readonly until: Date; readonly reason?: string }
  | { readonly type: 'member.unmuted'; readonly userNo: UserNo }
  | { readonly type: 'member.banned'; readonly userNo: UserNo; readonly banId: string; readonly reason?: string; readonly expiresAt?: Date }
  | { readonly type: 'member.unbanned'; readonly userNo: UserNo }
  | { readonly type: 'message.deleted'; readonly messageId: MessageId; readonly reason?: string };

/** An entry of a user's log that the same commit writes. The room in it is the one the entry is about. */
export interface Tell {
  readonly userNo: UserNo;
  readonly type: Extract<UserEventType, 'room.entered' | 'room.exited'>;
}

export interface ChangeEntry {
  readonly room: RoomKey & { readonly roomId: RoomId };
  /** The room's version the decision was made under; absent where the change takes nothing from anyone (joining). */
  readonly roomVersion?: number;
  readonly by: ActorRef;
  readonly changes: readonly RoomChange[];
  readonly tells?: readonly Tell[];
  readonly audit?: AuditEntry;
  readonly remember?: Remember;
}

export interface Appended {
  /** In pts order, positions and times filled in. */
  readonly events: readonly RoomEvent[];
  readonly userEvents: readonly UserEvent[];
}

export interface SentMessage {
  readonly message: Message;
  readonly deduplicated: boolean;
  /** Empty for a repeat: its events were told the first time. */
  readonly appended: Appended;
}

/** What an earlier send under the same clientMessageId left: `isSameDraft` false is a conflict. */
export interface EarlierSend {
  readonly message: Message;
  readonly isSameDraft: boolean;
}

export interface RoomHead {
  readonly epoch: number;
  readonly pts: number;
  readonly lastSeq: number;
  /** The oldest position still kept is `floorPts + 1`. */
  readonly floorPts: number;
}

export interface LogSlice {
  readonly events: readonly RoomEvent[];
  readonly head: RoomHead;
}

/** Which messages: exactly one of the anchors, or none for the newest. */
export interface MessageWindow {
  readonly limit: number;
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
  readonly aroundSeq?: number;
  /** Messages up to this one are not the reader's to see. */
  readonly floorSeq?: number;
}

export interface MessagePage {
  /** Ascending by seq. */
  readonly items: readonly Message[];
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

/** The facts an append was decided on are no longer true: read them again and decide anew. Never leaves the domain. */
export class StaleFacts extends Error {
  override readonly name = 'StaleFacts';
}

/**
 * The ordered, durable history of every room. The only place where `pts` and `seq` are born.
 *
 * An append is atomic: events, the state they change, room head, counters, user logs and outbox rows commit together or
 * not at all. When the promise resolves, the events survive the loss of any one process and a power cut of the database
 * host. When it rejects with `unavailable` or `timeout` the outcome is unknown: repeat it with the same client id, the
 * answer will be the first one's.
 *
 * Within one process, appends to one room resolve in pts order.
 */
export abstract class RoomLog {
  /**
   * Appends one message. Concurrent appends may share one commit.
   * A repeat answers with the first message as it is today; another draft under the same client id throws
   * `idempotency-conflict`; outdated facts throw `StaleFacts`; in each case nothing is written.
   */
  abstract append(entry: MessageEntry): Promise<SentMessage>;
  /** Applies changes and writes their events, all or none. Throws `StaleFacts`, `room-full`, `conflict`, `not-found`. */
  abstract change(entry: ChangeEntry): Promise<Appended>;
  /** Reserves the number of a room to be created. */
  abstract nextRoomNo(): Promise<RoomNo>;
  abstract earlierSend(room: RoomKey, senderNo: UserNo, clientMessageId: string, draft: string): Promise<EarlierSend | undefined>;
  /** Ascending and contiguous from `afterPts + 1`. Deleted content is gone from what it returns, also at its first position. */
  abstract after(room: RoomKey, afterPts: number, limit: number): Promise<LogSlice>;
  /**
   * Heads of these tenants' rooms that may have changed since then (all of today's when absent), and the database's time
   * of the reading, from which the next one goes on.
   */
  abstract headsSince(
    tenantIds: readonly TenantId[],
    since: Date | undefined,
  ): Promise<{ readonly now: Date; readonly heads: readonly KnownHead[] }>;
  abstract messages(room: RoomKey, window: MessageWindow): Promise<MessagePage>;
  abstract message(room: RoomKey, messageId: MessageId): Promise<Message | undefined>;
  /** Ids of what a user said in a room and has not been deleted, newest first. */
  abstract messageIdsOf(room: RoomKey, userNo: UserNo, limit: number): Promise<readonly MessageId[]>;
}
