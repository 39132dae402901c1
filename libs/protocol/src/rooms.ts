import { z } from 'zod';
import { command, route } from './contract.js';
import {
  AppId,
  Count,
  ImageUrl,
  Metadata,
  Nothing,
  PageQuery,
  pageOfSchema,
  Position,
  queryBool,
  RoomIdSchema,
  StoredMetadata,
  text,
  Time,
  UserIdSchema,
} from './primitives.js';
import { Message } from './messages.js';
import { Person, User } from './users.js';

export const RoomSettings = z
  .object({
    memberCanInvite: z.boolean().describe('Plain members may add others'),
    memberCanPost: z.boolean().describe('Plain members may send'),
    joinPolicy: z.enum(['closed', 'open']).describe('open = any user of the tenant may join'),
    publicRead: z.boolean().describe('Channels: any user of the tenant reads without joining'),
    historyVisibility: z.enum(['all', 'since-join']).describe('What a member may read of the time before it joined'),
    muted: z.boolean().describe('Only owners and admins may send'),
    maxMembers: z.number().int().optional(),
  })
  .meta({ id: 'RoomSettings' });

const SettingsPatch = z.strictObject({
  memberCanInvite: z.boolean().optional(),
  memberCanPost: z.boolean().optional(),
  joinPolicy: z.enum(['closed', 'open']).optional(),
  publicRead: z.boolean().optional(),
  historyVisibility: z.enum(['all', 'since-join']).optional(),
  muted: z.boolean().optional(),
  maxMembers: z.number().int().min(1).max(10_000).optional(),
});

export const RoomMe = z
  .object({
    role: z.enum(['owner', 'admin', 'member']),
    capabilities: z.array(z.string()),
    readSeq: Position,
    deliveredSeq: Position,
    unread: Count,
    unreadMentions: Count,
    markedUnread: z.boolean(),
    mutedUntil: Time.optional(),
    notifications: z.object({ level: z.enum(['all', 'mentions', 'none']), until: Time.optional() }),
    pinned: z.boolean(),
    archived: z.boolean(),
    hidden: z.boolean(),
  })
  .meta({ id: 'RoomMe' });

export const Room = z
  .object({
    id: z.string(),
    epoch: z.number().int(),
    kind: z.enum(['direct', 'group', 'channel']),
    name: z.string().optional(),
    image: z.string().optional(),
    metadata: StoredMetadata,
    settings: RoomSettings,
    memberCount: Count,
    lastSeq: Position,
    pts: Position,
    createdAt: Time,
    createdBy: Person.optional(),
    dissolvedAt: Time.optional(),
    peer: User.optional(),
    lastMessage: Message.optional(),
    me: RoomMe.optional(),
  })
  .meta({ id: 'Room' });
export type Room = z.output<typeof Room>;

export const Member = z
  .object({
    roomId: z.string(),
    userId: z.string(),
    user: z.object({ name: z.string(), image: z.string().optional() }),
    role: z.enum(['owner', 'admin', 'member']),
    name: z.string().optional(),
    joinedAt: Time,
    mutedUntil: Time.optional(),
    readSeq: Position,
    deliveredSeq: Position,
  })
  .meta({ id: 'Member' });
export type Member = z.output<typeof Member>;

export const MemberResult = z.object({
  userId: z.string(),
  status: z.enum(['added', 'already-member', 'refused']),
  code: z.string().optional(),
});

const createFields = {
  id: AppId.optional(),
  kind: z.enum(['group', 'channel']),
  name: text(100).optional(),
  image: ImageUrl.optional(),
  members: z.array(UserIdSchema).max(500).optional(),
  metadata: Metadata.optional(),
  settings: SettingsPatch.optional(),
};
const patchFields = {
  name: text(100).nullable().optional(),
  image: ImageUrl.nullable().optional(),
  metadata: Metadata.optional(),
  settings: SettingsPatch.optional(),
};
const memberPatch = {
  role: z.enum(['owner', 'admin', 'member']).optional(),
  name: text(100).nullable().optional().describe('Name in this room only'),
  muteSeconds: z.number().int().min(0).max(315_360_000).nullable().optional().describe('0 = until lifted, null = may speak again'),
  reason: text(500).optional(),
};
const listFields = {
  kind: z.enum(['direct', 'group', 'channel']).optional(),
  archived: queryBool.optional(),
  unread: queryBool.optional(),
  memberId: UserIdSchema.optional(),
  q: text(100).optional(),
  ...PageQuery,
};
const room = { roomId: RoomIdSchema };
const member = { roomId: RoomIdSchema, userId: UserIdSchema };
const RoomAnswer = z.object({ room: Room });
const transfer = {
  transferTo: z
    .union([z.literal('auto'), UserIdSchema])
    .optional()
    .describe('Who inherits an owner’s room: a member, or auto'),
};

export const roomRoutes = {
  create: route({
    method: 'POST',
    path: '/v1/rooms',
    tag: 'Rooms',
    summary: 'Create a group or channel',
    status: 201,
    idempotency: 'key',
    description: 'With an `id` of your own the call is repeatable: the same body again answers 200 with the room, another body 409.',
    audience: ['user', 'key'],
    scope: 'rooms:write',
    input: z.strictObject(createFields),
    output: RoomAnswer,
    errors: ['conflict', 'room-full'],
  }),
  direct: route({
    method: 'PUT',
    path: '/v1/rooms/direct/:userId',
    tag: 'Rooms',
    summary: 'The direct room with a user, opened when there is none',
    audience: ['user'],
    input: z.strictObject({ userId: UserIdSchema }),
    output: RoomAnswer,
  }),
  list: route({
    method: 'GET',
    path: '/v1/rooms',
    tag: 'Rooms',
    summary: 'Rooms, newest activity first',
    cost: 2,
    audience: ['user', 'key'],
    scope: 'rooms:read',
    input: z.strictObject(listFields),
    output: pageOfSchema(Room),
  }),
  get: route({
    method: 'GET',
    path: '/v1/rooms/:roomId',
    tag: 'Rooms',
    summary: 'One room',
    audience: ['user', 'key'],
    scope: 'rooms:read',
    input: z.strictObject(room),
    output: RoomAnswer,
    errors: ['banned', 'not-a-member'],
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/rooms/:roomId',
    tag: 'Rooms',
    summary: 'Change name, image, metadata or settings',
    audience: ['user', 'key'],
    scope: 'rooms:write',
    input: z.strictObject({ ...room, ...patchFields }),
    output: RoomAnswer,
    errors: ['banned', 'not-a-member'],
  }),
  dissolve: route({
    method: 'DELETE',
    path: '/v1/rooms/:roomId',
    tag: 'Rooms',
    summary: 'Dissolve a room: everybody leaves',
    status: 204,
    audience: ['user', 'key'],
    scope: 'rooms:write',
    input: z.strictObject(room),
    output: Nothing,
    errors: ['banned', 'not-a-member'],
  }),
  join: route({
    method: 'POST',
    path: '/v1/rooms/:roomId/join',
    tag: 'Members',
    summary: 'Join an open room',
    audience: ['user'],
    input: z.strictObject(room),
    output: z.object({ member: Member }),
    errors: ['banned', 'room-full'],
  }),
  members: route({
    method: 'GET',
    path: '/v1/rooms/:roomId/members',
    tag: 'Members',
    summary: 'Members: owners first, then by time of joining',
    audience: ['user', 'key'],
    scope: 'rooms:read',
    input: z.strictObject({ ...room, ...PageQuery }),
    output: pageOfSchema(Member),
    errors: ['banned', 'not-a-member'],
  }),
  addMembers: route({
    method: 'POST',
    path: '/v1/rooms/:roomId/members',
    tag: 'Members',
    summary: 'Add users, each with a result of its own',
    cost: 4,
    idempotency: 'key',
    audience: ['user', 'key'],
    scope: 'rooms:write',
    input: z.strictObject({ ...room, userIds: z.array(UserIdSchema).min(1).max(500) }),
    output: z.object({ results: z.array(MemberResult) }),
    errors: ['banned', 'not-a-member', 'room-full'],
  }),
  updateMember: route({
    method: 'PATCH',
    path: '/v1/rooms/:roomId/members/:userId',
    tag: 'Members',
    summary: 'Change a role, a name in the room, or mute',
    audience: ['user', 'key'],
    scope: 'rooms:write',
    input: z.strictObject({ ...member, ...memberPatch }),
    output: z.object({ member: Member }),
    errors: ['banned', 'not-a-member'],
  }),
  removeMember: route({
    method: 'DELETE',
    path: '/v1/rooms/:roomId/members/:userId',
    tag: 'Members',
    summary: 'Remove a member; oneself = leave',
    status: 204,
    audience: ['user', 'key'],
    scope: 'rooms:write',
    input: z.strictObject({ ...member, ...transfer }),
    output: Nothing,
    errors: ['banned', 'not-a-member', 'conflict'],
  }),
};

export const roomCommands = {
  create: command({
    name: 'room.create',
    namespace: '/chat',
    summary: 'Create a group or channel',
    input: z.strictObject(createFields),
    output: RoomAnswer,
  }),
  direct: command({
    name: 'room.direct',
    namespace: '/chat',
    summary: 'The direct room with a user',
    input: z.strictObject({ userId: UserIdSchema }),
    output: RoomAnswer,
  }),
  list: command({
    name: 'room.list',
    namespace: '/chat',
    summary: 'Own rooms, newest activity first',
    cost: 2,
    input: z.strictObject(listFields),
    output: pageOfSchema(Room),
  }),
  get: command({ name: 'room.get', namespace: '/chat', summary: 'One room', input: z.strictObject(room), output: RoomAnswer }),
  update: command({
    name: 'room.update',
    namespace: '/chat',
    summary: 'Change name, image, metadata or settings',
    input: z.strictObject({ ...room, ...patchFields }),
    output: RoomAnswer,
  }),
  dissolve: command({
    name: 'room.dissolve',
    namespace: '/chat',
    summary: 'Dissolve a room',
    input: z.strictObject(room),
    output: z.object({}),
  }),
  join: command({
    name: 'room.join',
    namespace: '/chat',
    summary: 'Join an open room',
    input: z.strictObject(room),
    output: z.object({ member: Member }),
  }),
  leave: command({
    name: 'room.leave',
    namespace: '/chat',
    summary: 'Leave a room',
    input: z.strictObject({ ...room, ...transfer }),
    output: z.object({}),
  }),
  subscribe: command({
    name: 'room.subscribe',
    namespace: '/chat',
    summary: 'Receive the events of a channel that is read without joining, or of a room beyond the first 5,000',
    input: z.strictObject(room),
    output: RoomAnswer,
  }),
  unsubscribe: command({
    name: 'room.unsubscribe',
    namespace: '/chat',
    summary: 'Receive them no longer',
    input: z.strictObject(room),
    output: z.object({}),
  }),
  members: command({
    name: 'member.list',
    namespace: '/chat',
    summary: 'Members of a room',
    input: z.strictObject({ ...room, ...PageQuery }),
    output: pageOfSchema(Member),
  }),
  addMembers: command({
    name: 'member.add',
    namespace: '/chat',
    summary: 'Add users',
    cost: 4,
    input: z.strictObject({ ...room, userIds: z.array(UserIdSchema).min(1).max(500) }),
    output: z.object({ results: z.array(MemberResult) }),
  }),
  removeMember: command({
    name: 'member.remove',
    namespace: '/chat',
    summary: 'Remove a member',
    input: z.strictObject(member),
    output: z.object({}),
  }),
  updateMember: command({
    name: 'member.update',
    namespace: '/chat',
    summary: 'Change a role, a name in the room, or mute',
    input: z.strictObject({ ...member, ...memberPatch }),
    output: z.object({ member: Member }),
  }),
};
