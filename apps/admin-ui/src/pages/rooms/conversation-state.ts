import type { Message, Out, Problem, RoomEnvelope, routes } from '@parley/protocol';
import { conversationText } from './conversation.strings.js';

type MessagePage = Out<typeof routes.adminRooms.messages>;

/** What happened in the room while somebody watches; it is not part of the stored messages. */
export interface SystemLine {
  readonly id: string;
  readonly at: string;
  /** It stands after this message. */
  readonly afterSeq: number;
  readonly text: string;
  readonly reason: string | undefined;
}

export interface Conversation {
  /** Ascending by seq, without hole. */
  readonly messages: readonly Message[];
  readonly lines: readonly SystemLine[];
  readonly hasMoreBefore: boolean;
  readonly status: 'loading' | 'ready';
  readonly problem: Problem | undefined;
}

export type ConversationChange =
  | { readonly kind: 'newest'; readonly page: MessagePage }
  | { readonly kind: 'older'; readonly page: MessagePage }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'event'; readonly event: RoomEnvelope }
  | { readonly kind: 'failed'; readonly problem: Problem };

export const EMPTY_CONVERSATION: Conversation = { messages: [], lines: [], hasMoreBefore: false, status: 'loading', problem: undefined };

/** An open page may be left running beside a busy room. */
const KEPT_MAX = 1_000;

export const lastSeqOf = (state: Conversation): number => state.messages.at(-1)?.seq ?? 0;

/** Is a message missing between what is shown and this one? Then the newest page must be read again. */
export const leavesHole = (state: Conversation, event: RoomEnvelope): boolean =>
  event.type === 'message.created' && event.data.message.seq > lastSeqOf(state) + 1;

export function reduceConversation(state: Conversation, change: ConversationChange): Conversation {
  switch (change.kind) {
    case 'newest':
      return withNewest(state, change.page);
    case 'older':
      return { ...state, messages: merge(change.page.items, state.messages), hasMoreBefore: change.page.hasMoreBefore, problem: undefined };
    case 'message':
      return withMessage(state, change.message);
    case 'event':
      return withEvent(state, change.event);
    case 'failed':
      return { ...state, status: 'ready', problem: change.problem };
    default:
      return change satisfies never;
  }
}

/** After a long pause the newest page may not touch what is shown: then that is dropped, for a hole would lie. */
function withNewest(state: Conversation, page: MessagePage): Conversation {
  const first = page.items[0]?.seq ?? 0;
  const touches = first <= lastSeqOf(state) + 1 && state.messages.length > 0;
  const base = { ...state, status: 'ready' as const, problem: undefined };
  if (!touches) return { ...base, messages: page.items, lines: [], hasMoreBefore: page.hasMoreBefore };
  return { ...base, messages: merge(state.messages, page.items) };
}

/** The later list wins: it is what the server says today. */
function merge(older: readonly Message[], newer: readonly Message[]): readonly Message[] {
  const bySeq = new Map([...older, ...newer].map((message) => [message.seq, message]));
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

function withMessage(state: Conversation, message: Message): Conversation {
  const isKnown = state.messages.some((known) => known.seq === message.seq);
  if (!isKnown && message.seq < (state.messages[0]?.seq ?? 0)) return state;
  const messages = merge(state.messages, [message]);
  if (messages.length <= KEPT_MAX) return { ...state, messages };
  return { ...state, messages: messages.slice(-KEPT_MAX), hasMoreBefore: true };
}

function withEvent(state: Conversation, event: RoomEnvelope): Conversation {
  switch (event.type) {
    case 'message.created':
      return withMessage(state, event.data.message);
    case 'message.deleted': {
      const { message } = event.data;
      return state.messages.some(({ id }) => id === message.id) ? withMessage(state, message) : state;
    }
    case 'event.hidden':
      return state;
    default: {
      const line = lineOf(event, lastSeqOf(state));
      return state.lines.some(({ id }) => id === line.id) ? state : { ...state, lines: [...state.lines, line].slice(-KEPT_MAX) };
    }
  }
}

type LineEvent = Exclude<RoomEnvelope, { type: 'message.created' | 'message.deleted' | 'event.hidden' }>;

function lineOf(event: LineEvent, afterSeq: number): SystemLine {
  const base = { id: event.id, at: event.at, afterSeq };
  if (event.type === 'room.created' || event.type === 'room.updated' || event.type === 'room.dissolved') {
    return { ...base, text: conversationText.system[event.type], reason: undefined };
  }
  const { member, reason } = event.data;
  return { ...base, text: conversationText.system[event.type](member.name ?? member.user.name), reason };
}
