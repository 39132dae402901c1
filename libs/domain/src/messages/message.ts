import type { ActorRef, Person } from '../actor.js';
import type { MessageId, RoomId, UserId } from '../ids.js';
import type { JsonObject } from '../json.js';

/** What a reply shows of its target: today's content, never a frozen copy, so that a deleted text is gone everywhere (G10). */
export interface Quote {
  readonly messageId: MessageId;
  readonly seq: number;
  readonly sender: Person;
  readonly text?: string;
  readonly deleted: boolean;
}

export interface Tombstone {
  readonly at: Date;
  readonly by: ActorRef;
  readonly reason?: string;
}

export interface Message {
  readonly id: MessageId;
  readonly roomId: RoomId;
  readonly seq: number;
  readonly pts: number;
  readonly type: 'text';
  readonly sender: Person;
  readonly clientMessageId: string;
  /** Absent in a tombstone. */
  readonly text?: string;
  /** User ids; `@all` stands for everyone in the room. */
  readonly mentions: readonly UserId[];
  readonly replyTo?: Quote;
  readonly metadata: JsonObject;
  readonly createdAt: Date;
  readonly deleted?: Tombstone;
}

/** What a client asks to say. */
export interface MessageDraft {
  readonly roomId: RoomId;
  readonly clientMessageId: string;
  readonly type: 'text';
  readonly text: string;
  readonly mentions?: readonly UserId[];
  readonly replyTo?: MessageId;
  readonly metadata?: JsonObject;
}

export const MENTION_ALL = '@all';

/** At most this much of the target is shown in a quote (I12). */
const QUOTE_LENGTH = 300;
export const quoteText = (text: string): string => (text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH)}…` : text);

/** May the sender still take this message back (D2)? `windowSeconds` 0 = for ever. */
export function isInsideDeleteWindow(message: Pick<Message, 'createdAt'>, windowSeconds: number, now: Date): boolean {
  return windowSeconds === 0 || now.getTime() - message.createdAt.getTime() <= windowSeconds * 1_000;
}
