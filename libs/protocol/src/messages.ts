import { z } from 'zod';
import { command, route } from './contract.js';
import { ClientMessageId, MessageIdSchema, Metadata, Position, queryInt, RoomIdSchema, StoredMetadata, text, Time } from './primitives.js';
import { Person } from './users.js';

/** The longest text any tenant may allow; the tenant's own limit is checked by the domain. */
const TEXT_HARD_MAX = 40_000;

export const Quote = z
  .object({ messageId: z.string(), seq: Position, sender: Person, text: z.string().optional(), deleted: z.boolean() })
  .meta({ id: 'Quote' });

export const Message = z
  .object({
    id: z.string(),
    roomId: z.string(),
    seq: Position,
    pts: Position,
    type: z.literal('text'),
    sender: Person,
    clientMessageId: z.string(),
    text: z.string().optional(),
    attachments: z.array(z.never()).describe('Always empty until media is there'),
    mentions: z.array(z.string()),
    replyTo: Quote.optional(),
    metadata: StoredMetadata,
    createdAt: Time,
    editedAt: Time.optional(),
    deleted: z.object({ at: Time, by: z.string(), reason: z.string().optional() }).optional(),
    reactions: z.array(z.object({ emoji: z.string(), count: z.number().int(), mine: z.boolean().optional() })),
  })
  .meta({ id: 'Message' });
export type Message = z.output<typeof Message>;

const sendFields = {
  clientMessageId: ClientMessageId,
  type: z.literal('text').default('text'),
  text: text(TEXT_HARD_MAX),
  mentions: z.array(z.string().min(1).max(128)).max(500).optional().describe('User ids; `@all` by owners and admins'),
  replyTo: MessageIdSchema.optional(),
  metadata: Metadata.optional(),
};
const room = { roomId: RoomIdSchema };
const one = { roomId: RoomIdSchema, messageId: MessageIdSchema };

export const Sent = z.object({ message: Message, deduplicated: z.boolean() });
export const MessagePage = z.object({ items: z.array(Message), hasMoreBefore: z.boolean(), hasMoreAfter: z.boolean() });
const windowFields = {
  limit: queryInt(1, 100).default(20),
  beforeSeq: queryInt(1, Number.MAX_SAFE_INTEGER).optional(),
  afterSeq: queryInt(0, Number.MAX_SAFE_INTEGER).optional(),
  aroundSeq: queryInt(1, Number.MAX_SAFE_INTEGER).optional(),
};
const MessageWindowInput = z
  .strictObject({ ...room, ...windowFields })
  .refine(({ beforeSeq, afterSeq, aroundSeq }) => [beforeSeq, afterSeq, aroundSeq].filter((n) => n !== undefined).length <= 1, {
    message: 'at most one of beforeSeq, afterSeq, aroundSeq',
    path: ['beforeSeq'],
  });

export const messageRoutes = {
  send: route({
    method: 'POST',
    path: '/v1/rooms/:roomId/messages',
    tag: 'Messages',
    summary: 'Send a message',
    status: 201,
    description:
      'A repeat with the same `clientMessageId` answers with the first message and `deduplicated: true`; another draft under it is a 409.',
    audience: ['user'],
    scope: 'messages:write',
    input: z.strictObject({ ...room, ...sendFields }),
    output: Sent,
    errors: [
      'muted',
      'room-muted',
      'banned',
      'not-a-member',
      'blocked-by-peer',
      'peer-blocked-by-you',
      'not-friends',
      'idempotency-conflict',
    ],
  }),
  list: route({
    method: 'GET',
    path: '/v1/rooms/:roomId/messages',
    tag: 'Messages',
    summary: 'Messages as they are today, ascending; the newest without an anchor',
    audience: ['user', 'key'],
    scope: 'rooms:read',
    input: MessageWindowInput,
    output: MessagePage,
    errors: ['banned', 'not-a-member'],
  }),
  get: route({
    method: 'GET',
    path: '/v1/rooms/:roomId/messages/:messageId',
    tag: 'Messages',
    summary: 'One message',
    audience: ['user', 'key'],
    scope: 'rooms:read',
    input: z.strictObject(one),
    output: z.object({ message: Message }),
    errors: ['banned', 'not-a-member'],
  }),
  delete: route({
    method: 'DELETE',
    path: '/v1/rooms/:roomId/messages/:messageId',
    tag: 'Messages',
    summary: 'Delete for everyone: leaves a tombstone',
    audience: ['user', 'key'],
    scope: 'messages:write',
    input: z.strictObject({ ...one, reason: text(500).optional() }),
    output: z.object({ message: Message }),
    errors: ['banned', 'not-a-member'],
  }),
};

export const messageCommands = {
  send: command({
    name: 'message.send',
    namespace: '/chat',
    summary: 'Send a message; the ack means committed',
    input: z.strictObject({ ...room, ...sendFields }),
    output: Sent,
  }),
  list: command({
    name: 'message.list',
    namespace: '/chat',
    summary: 'Messages as they are today, ascending',
    input: MessageWindowInput,
    output: MessagePage,
  }),
  delete: command({
    name: 'message.delete',
    namespace: '/chat',
    summary: 'Delete for everyone',
    input: z.strictObject({ ...one, reason: text(500).optional() }),
    output: z.object({ message: Message }),
  }),
};
