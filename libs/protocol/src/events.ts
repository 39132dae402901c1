import { MEMBER_EVENTS, TYPING_ACTIONS, type RoomEventType, type UserEventType } from '@parley/domain';
import { z } from 'zod';
import type { EventSpec } from './contract.js';
import { Ban } from './bans.js';
import { Message } from './messages.js';
import { Position, Time } from './primitives.js';
import { Presence } from './presence.js';
import { Member, Room } from './rooms.js';
import { Person } from './users.js';

export const EventActor = z
  .object({
    kind: z.enum(['user', 'key', 'operator', 'system']),
    id: z.string(),
    name: z.string().optional(),
    image: z.string().optional(),
  })
  .meta({ id: 'EventActor' });
export type EventActor = z.output<typeof EventActor>;

const base = { id: z.string(), tenantId: z.string(), at: Time, actor: EventActor.optional() };
const roomBase = { ...base, roomId: z.string(), epoch: z.number().int(), pts: Position, seq: Position.optional() };
const userBase = { ...base, userPts: Position, roomId: z.string().optional() };

const envelope = <T extends string, D extends z.ZodType>(type: T, data: D) => z.object({ ...roomBase, type: z.literal(type), data });
const own = <T extends string, D extends z.ZodType>(type: T, data: D) => z.object({ ...userBase, type: z.literal(type), data });
const message = z.object({ message: Message });
const room = z.object({ room: Room });
const member = z.object({
  member: Member,
  memberCount: z.number().int().describe('Members right after the event'),
  by: z.string().optional(),
  reason: z.string().optional(),
  expiresAt: Time.optional(),
});

export const RoomEnvelope = z
  .discriminatedUnion('type', [
    envelope('message.created', message),
    envelope('message.deleted', message),
    envelope('room.created', room),
    envelope('room.updated', room),
    envelope('room.dissolved', room),
    envelope('member.joined', member),
    envelope('member.left', member),
    envelope('member.removed', member),
    envelope('member.updated', member),
    envelope('member.muted', member),
    envelope('member.unmuted', member),
    envelope('member.banned', member),
    envelope('member.unbanned', member),
    envelope('event.hidden', z.object({})),
  ])
  .meta({ id: 'RoomEvent' });
export type RoomEnvelope = z.output<typeof RoomEnvelope>;

export const UserEnvelope = z
  .discriminatedUnion('type', [
    own(
      'room.entered',
      z.object({
        room: Room,
        afterPts: Position.describe('The position of the room right before the user came in; what follows is for its eyes'),
      }),
    ),
    own('room.exited', room),
    own('user.banned', z.object({ ban: Ban })),
    own('user.unbanned', z.object({ ban: Ban })),
  ])
  .meta({ id: 'UserEvent' });
export type UserEnvelope = z.output<typeof UserEnvelope>;

export const ReceiptEnvelope = z
  .object({
    id: z.string(),
    type: z.enum(['message.read', 'message.delivered']),
    tenantId: z.string(),
    roomId: z.string(),
    at: Time,
    data: z.object({ roomId: z.string(), userId: z.string(), seq: Position }),
  })
  .meta({ id: 'ReceiptEvent' });
export type ReceiptEnvelope = z.output<typeof ReceiptEnvelope>;

export const TypingEnvelope = z
  .object({
    id: z.string(),
    type: z.enum(['typing.started', 'typing.stopped']),
    tenantId: z.string(),
    roomId: z.string(),
    at: Time,
    data: z.object({ roomId: z.string(), userId: z.string(), action: z.enum(TYPING_ACTIONS) }),
  })
  .meta({ id: 'TypingEvent' });
export type TypingEnvelope = z.output<typeof TypingEnvelope>;
export const PresenceEnvelope = z
  .object({
    id: z.string(),
    type: z.literal('presence.changed'),
    tenantId: z.string(),
    at: Time,
    data: z.object({ userId: z.string(), presence: Presence }),
  })
  .meta({ id: 'PresenceEvent' });
export type PresenceEnvelope = z.output<typeof PresenceEnvelope>;
export type NoticeEnvelope = ReceiptEnvelope | TypingEnvelope;

export const ProfileEnvelope = z
  .object({ id: z.string(), type: z.literal('user.updated'), tenantId: z.string(), at: Time, data: z.object({ user: Person }) })
  .meta({ id: 'ProfileEvent' });
export type ProfileEnvelope = z.output<typeof ProfileEnvelope>;

const SUMMARIES: Record<RoomEventType | UserEventType, string> = {
  'message.created': 'A message was sent',
  'message.deleted': 'A message was deleted for everyone; carries the tombstone',
  'room.created': 'A room was created',
  'room.updated': 'Name, image, metadata or settings changed',
  'room.dissolved': 'The room was dissolved: everybody left',
  'member.joined': 'A user came in',
  'member.left': 'A user left',
  'member.removed': 'A user was removed',
  'member.updated': 'A role or a name in the room changed',
  'member.muted': 'A member may not speak',
  'member.unmuted': 'A member may speak again',
  'member.banned': 'A user may not enter',
  'member.unbanned': 'A user may enter again',
  'event.hidden': 'A position the viewer may not see',
  'room.entered': 'I am in a room now',
  'room.exited': 'I am not in a room any more',
  'user.banned': 'I am banned from the tenant',
  'user.unbanned': 'My ban was lifted',
};

const roomEvent = (name: RoomEventType): EventSpec => ({
  name,
  namespace: '/chat',
  summary: SUMMARIES[name],
  schema: RoomEnvelope,
  log: 'room',
});
const userEvent = (name: UserEventType): EventSpec => ({
  name,
  namespace: '/chat',
  summary: SUMMARIES[name],
  schema: UserEnvelope,
  log: 'user',
});

export const chatEvents: readonly EventSpec[] = [
  ...(['message.created', 'message.deleted', 'room.created', 'room.updated', 'room.dissolved', ...MEMBER_EVENTS] as const).map(roomEvent),
  ...(['room.entered', 'room.exited', 'user.banned', 'user.unbanned'] as const).map(userEvent),
  { name: 'message.read', namespace: '/chat', summary: 'Somebody read up to a message', schema: ReceiptEnvelope, log: 'none' },
  {
    name: 'typing.started',
    namespace: '/chat',
    summary: 'Somebody is about to say something; ends by itself 6 s after the last one',
    schema: TypingEnvelope,
    log: 'none',
  },
  {
    name: 'presence.changed',
    namespace: '/chat',
    summary: 'A user you subscribed to looks different',
    schema: PresenceEnvelope,
    log: 'none',
  },
  { name: 'typing.stopped', namespace: '/chat', summary: 'Not any more', schema: TypingEnvelope, log: 'none' },
  { name: 'message.delivered', namespace: '/chat', summary: 'Somebody received up to a message', schema: ReceiptEnvelope, log: 'none' },
  { name: 'user.updated', namespace: '/chat', summary: 'A profile changed', schema: ProfileEnvelope, log: 'none' },
];
