import type { Problem, RoomEnvelope, SyncAnswer } from '@parley/protocol';
import { DELETED, hashOf, type Content, type Seen, type StoredEvent, type StoredMessage } from '../checks/history.ts';

export type WireMessage = Extract<RoomEnvelope, { readonly type: 'message.created' }>['data']['message'];
export type SendAnswer =
  { readonly ok: true; readonly message: WireMessage; readonly deduplicated: boolean } | { readonly ok: false; readonly error: Problem };
export type SyncReply = ({ readonly ok: true } & SyncAnswer) | { readonly ok: false; readonly error: Problem };
export type MarkAnswer =
  { readonly ok: true; readonly readSeq: number; readonly unread: number } | { readonly ok: false; readonly error: Problem };
export type DeleteAnswer = { readonly ok: true } | { readonly ok: false; readonly error: Problem };

const contentOf = ({ id, text = '', deleted }: WireMessage): Content => ({ messageId: id, bodyHash: deleted ? DELETED : hashOf(text) });

function quotedBy({ replyTo }: WireMessage): { readonly quoted?: Content } {
  if (!replyTo) return {};
  return { quoted: { messageId: replyTo.messageId, bodyHash: replyTo.deleted ? DELETED : hashOf(replyTo.text ?? '') } };
}

export function seenOf(event: RoomEnvelope): Seen {
  const { pts, type } = event;
  if (event.type === 'message.created') return { pts, type, ...contentOf(event.data.message), ...quotedBy(event.data.message) };
  if (event.type === 'message.deleted') return { pts, type, messageId: event.data.message.id };
  return { pts, type };
}

export function storedEventOf(event: RoomEnvelope): StoredEvent {
  if (event.type === 'message.created') return storedMessageOf(event.data.message);
  if (event.type === 'message.deleted') return { pts: event.pts, type: event.type, messageId: event.data.message.id };
  const subject = 'member' in event.data ? { subjectId: event.data.member.userId } : {};
  return { pts: event.pts, type: event.type, ...subject };
}

export function storedMessageOf(message: WireMessage): StoredMessage {
  const { pts, seq, sender, clientMessageId } = message;
  const base = { pts, type: 'message.created', seq, senderId: sender.id, clientMessageId };
  return { ...base, ...contentOf(message), ...quotedBy(message) };
}
