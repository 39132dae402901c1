import type { Problem, RoomEnvelope, SyncAnswer } from '@parley/protocol';
import { hashOf, type Seen, type StoredEvent, type StoredMessage } from './history.js';

export type WireMessage = Extract<RoomEnvelope, { readonly type: 'message.created' }>['data']['message'];
export type SendAnswer =
  { readonly ok: true; readonly message: WireMessage; readonly deduplicated: boolean } | { readonly ok: false; readonly error: Problem };
export type SyncReply = ({ readonly ok: true } & SyncAnswer) | { readonly ok: false; readonly error: Problem };

export function seenOf(event: RoomEnvelope): Seen {
  const { pts, type } = event;
  if (event.type !== 'message.created') return { pts, type };
  return { pts, type, messageId: event.data.message.id, bodyHash: hashOf(event.data.message.text ?? '') };
}

export function storedEventOf(event: RoomEnvelope): StoredEvent {
  if (event.type === 'message.created') return storedMessageOf(event.data.message);
  const subject = 'member' in event.data ? { subjectId: event.data.member.userId } : {};
  return { pts: event.pts, type: event.type, ...subject };
}

export function storedMessageOf({ pts, seq, id, sender, clientMessageId, text = '' }: WireMessage): StoredMessage {
  return { pts, type: 'message.created', seq, messageId: id, senderId: sender.id, clientMessageId, bodyHash: hashOf(text) };
}
