import { OPERATOR_ROLES, type TenantLimits } from '@parley/domain';
import { z } from 'zod';
import { command, route, type EventSpec } from './contract.js';
import { Ban, banFields, banListFields } from './bans.js';
import { RoomEnvelope } from './events.js';
import { MessagePage, Message } from './messages.js';
import { Count, MessageIdSchema, Nothing, PageQuery, pageOfSchema, queryInt, RoomIdSchema, Seconds, TenantIdSchema, text, Time, UserIdSchema, AppId, Metadata } from './primitives.js';
import { Member, MemberResult, Room } from './rooms.js';
import { ApiKey, ScopeSchema, SigningKey, Token, tokenFields } from './tokens.js';
import { adminUserFilter, Figures, User, userProfileFields } from './users.js';

const RoleSchema = z.enum(OPERATOR_ROLES);
const tenantPath = { tenantId: TenantIdSchema };
const limit = (name: keyof TenantLimits) => ({ [name]: z.number().int().min(1).optional() });

const Limits = z.strictObject({
  ...limit('textLength'), ...limit('metadataBytes'), ...limit('attachments'), ...limit('mentions'), ...limit('membersPerCall'),
  ...limit('membersPerKeyCall'), ...limit('groupMembers'), ...limit('sendsPerSecond'), ...limit('sendBurst'), ...limit('socketsPerUser'),
});
export const TenantSettings = z
  .strictObject({
    firstSight: z.boolean(),
    dmPolicy: z.enum(['open', 'privacy', 'friends-only']),
    usersCreateGroups: z.boolean(),
    usersCreateChannels: z.boolean(),
    memberCanInvite: z.boolean(),
    deleteWindowSeconds: z.number().int().min(0).max(315_360_000),
    allowedOrigins: z.array(z.string().max(300)).max(100),
    limits: Limits,
  })
  .meta({ id: 'TenantSettings' });

export const Tenant = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['active', 'suspended']),
    settings: TenantSettings,
    createdAt: Time,
    updatedAt: Time,
    suspendedAt: Time.optional(),
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.output<typeof Tenant>;

export const Operator = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: RoleSchema.optional(),
    tenantRoles: z.array(z.object({ tenantId: z.string(), role: RoleSchema })),
    mustChangePassword: z.boolean(),
    createdAt: Time,
    lastLoginAt: Time.optional(),
    disabledAt: Time.optional(),
  })
  .meta({ id: 'Operator' });
export type Operator = z.output<typeof Operator>;

export const OperatorToken = z
  .object({ id: z.string(), name: z.string(), createdAt: Time, expiresAt: Time.optional(), lastUsedAt: Time.optional() })
  .meta({ id: 'OperatorToken' });
export type OperatorToken = z.output<typeof OperatorToken>;

/** `csrf` goes into the header `Parley-Csrf` of every changing request made with the session cookie. */
export const Session = z.object({ operator: Operator, csrf: z.string().optional(), serverVersion: z.string() }).meta({ id: 'Session' });
export type Session = z.output<typeof Session>;

export const AuditRecord = z
  .object({
    number: z.number().int(),
    at: Time,
    action: z.string(),
    actorKind: z.enum(['operator', 'key', 'user', 'system']),
    actorId: z.string(),
    actorName: z.string().optional(),
    target: z.object({ kind: z.string(), id: z.string() }),
    detail: z.record(z.string(), z.unknown()),
    requestId: z.string(),
    ip: z.string().optional(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRecord' });
export type AuditRecord = z.output<typeof AuditRecord>;

/** The live figures of one node. Rates are per second over the last few seconds; times are milliseconds. */
export const Stats = z
  .object({
    at: Time,
    connections: Count,
    connectionsByTenant: z.record(z.string(), Count),
    messagesPerSecond: z.number(),
    deliveriesPerSecond: z.number(),
    ackP50Ms: z.number(),
    ackP99Ms: z.number(),
    eventLoopDelayMs: z.number(),
    memoryBytes: Count,
    uptimeSeconds: z.number(),
  })
  .meta({ id: 'Stats' });
export type Stats = z.output<typeof Stats>;

export const Overview = z
  .object({
    stats: Stats,
    history: z.array(Stats).describe('The last five minutes, oldest first'),
    tenants: z.object({ tenants: Count, suspendedTenants: Count, totals: Figures }),
    health: z.object({
      ready: z.boolean(),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() })),
      durability: z.enum(['full', 'degraded']),
    }),
    node: z.object({ version: z.string(), nodeVersion: z.string(), profile: z.string(), startedAt: Time, schemaVersion: z.string() }),
  })
  .meta({ id: 'Overview' });
export type Overview = z.output<typeof Overview>;

const operatorRoute = { audience: ['operator'] as const };
const inTenant = <T extends z.ZodRawShape>(fields: T) => z.strictObject({ ...tenantPath, ...fields });
const base = '/v1/admin/tenants/:tenantId' as const;

export const sessionRoutes = {
  signIn: route({
    method: 'POST', path: '/v1/admin/session', tag: 'Sessions', summary: 'Sign in to the dashboard', audience: ['public'],
    input: z.strictObject({ email: z.string().min(1).max(320), password: z.string().min(1).max(1_000) }), output: Session, errors: ['rate-limited'],
  }),
  current: route({ method: 'GET', path: '/v1/admin/session', tag: 'Sessions', summary: 'Who is signed in', ...operatorRoute, beforePasswordChange: true, input: z.strictObject({}), output: Session }),
  signOut: route({ method: 'DELETE', path: '/v1/admin/session', tag: 'Sessions', summary: 'Sign out', status: 204, ...operatorRoute, beforePasswordChange: true, input: z.strictObject({}), output: Nothing }),
  changePassword: route({
    method: 'POST', path: '/v1/admin/session/password', tag: 'Sessions', summary: 'Change the own password; ends all other sessions', ...operatorRoute, beforePasswordChange: true,
    input: z.strictObject({ currentPassword: z.string().min(1).max(1_000), newPassword: z.string().min(1).max(1_000) }), output: Session,
  }),
};

export const operatorRoutes = {
  list: route({ method: 'GET', path: '/v1/admin/operators', tag: 'Operators', summary: 'Operators', ...operatorRoute, role: 'admin', input: z.strictObject(PageQuery), output: pageOfSchema(Operator) }),
  create: route({
    method: 'POST', path: '/v1/admin/operators', tag: 'Operators', summary: 'A new operator with a one-time password', status: 201, ...operatorRoute, role: 'owner',
    input: z.strictObject({ email: z.email().max(320), name: text(100).optional(), role: RoleSchema.optional(), tenantId: TenantIdSchema.optional().describe('Absent = platform-wide') }),
    output: z.object({ operator: Operator, password: z.string() }), errors: ['conflict'],
  }),
  disable: route({ method: 'POST', path: '/v1/admin/operators/:operatorId/disable', tag: 'Operators', summary: 'Lock an operator out', status: 204, ...operatorRoute, role: 'owner', input: z.strictObject({ operatorId: z.uuid() }), output: Nothing }),
  enable: route({ method: 'POST', path: '/v1/admin/operators/:operatorId/enable', tag: 'Operators', summary: 'Let an operator in again', status: 204, ...operatorRoute, role: 'owner', input: z.strictObject({ operatorId: z.uuid() }), output: Nothing }),
  listTokens: route({ method: 'GET', path: '/v1/admin/tokens', tag: 'Operators', summary: 'Own personal access tokens', ...operatorRoute, input: z.strictObject({}), output: z.object({ items: z.array(OperatorToken) }) }),
  createToken: route({
    method: 'POST', path: '/v1/admin/tokens', tag: 'Operators', summary: 'A personal access token for chatctl; shown once', status: 201, ...operatorRoute,
    input: z.strictObject({ name: text(100), expiresInSeconds: Seconds(315_360_000).optional() }), output: z.object({ token: OperatorToken, secret: z.string() }),
  }),
  revokeToken: route({ method: 'DELETE', path: '/v1/admin/tokens/:tokenId', tag: 'Operators', summary: 'Revoke an own token', status: 204, ...operatorRoute, input: z.strictObject({ tokenId: z.uuid() }), output: Nothing }),
};

export const tenantRoutes = {
  list: route({
    method: 'GET', path: '/v1/admin/tenants', tag: 'Tenants', summary: 'Tenants by id', ...operatorRoute,
    input: z.strictObject({ q: text(100).optional(), status: z.enum(['active', 'suspended']).optional(), ...PageQuery }), output: pageOfSchema(Tenant),
  }),
  create: route({
    method: 'POST', path: '/v1/admin/tenants', tag: 'Tenants', summary: 'Provision a tenant', status: 201, ...operatorRoute, role: 'admin',
    input: z.strictObject({ id: TenantIdSchema, name: text(100).optional(), settings: TenantSettings.partial().optional() }), output: z.object({ tenant: Tenant }), errors: ['conflict'],
  }),
  get: route({ method: 'GET', path: base, tag: 'Tenants', summary: 'One tenant with its figures', ...operatorRoute, role: 'viewer', input: inTenant({}), output: z.object({ tenant: Tenant, figures: Figures }) }),
  update: route({
    method: 'PATCH', path: base, tag: 'Tenants', summary: 'Change name or settings', ...operatorRoute, role: 'admin',
    input: inTenant({ name: text(100).optional(), settings: TenantSettings.partial().optional() }), output: z.object({ tenant: Tenant }),
  }),
  suspend: route({ method: 'POST', path: `${base}/suspend`, tag: 'Tenants', summary: 'Refuse all credentials and close all sockets of a tenant; nothing is lost', ...operatorRoute, role: 'admin', input: inTenant({}), output: z.object({ tenant: Tenant }) }),
  resume: route({ method: 'POST', path: `${base}/resume`, tag: 'Tenants', summary: 'Let a suspended tenant in again', ...operatorRoute, role: 'admin', input: inTenant({}), output: z.object({ tenant: Tenant }) }),
};

export const adminKeyRoutes = {
  list: route({ method: 'GET', path: `${base}/keys`, tag: 'Keys', summary: 'API keys, newest first', ...operatorRoute, role: 'admin', input: inTenant(PageQuery), output: pageOfSchema(ApiKey) }),
  create: route({
    method: 'POST', path: `${base}/keys`, tag: 'Keys', summary: 'A new API key; the secret is shown once', status: 201, ...operatorRoute, role: 'admin',
    input: inTenant({ name: text(100), scopes: z.array(ScopeSchema).min(1).optional().describe('Absent = all') }), output: z.object({ key: ApiKey, secret: z.string() }),
  }),
  revoke: route({ method: 'DELETE', path: `${base}/keys/:keyId`, tag: 'Keys', summary: 'Revoke an API key', status: 204, ...operatorRoute, role: 'admin', input: inTenant({ keyId: z.uuid() }), output: Nothing }),
  listSigning: route({ method: 'GET', path: `${base}/signing-keys`, tag: 'Keys', summary: 'Keys that user tokens are verified with, newest first', ...operatorRoute, role: 'admin', input: inTenant(PageQuery), output: pageOfSchema(SigningKey) }),
  createSigning: route({
    method: 'POST', path: `${base}/signing-keys`, tag: 'Keys', summary: 'A new HS256 signing key; the secret is shown once', status: 201, ...operatorRoute, role: 'admin',
    input: inTenant({ secret: z.string().min(1).max(1_000).optional().describe('At least 32 bytes; absent = a new one') }), output: z.object({ key: SigningKey, secret: z.string() }),
  }),
  revokeSigning: route({ method: 'DELETE', path: `${base}/signing-keys/:keyId`, tag: 'Keys', summary: 'Revoke a signing key: its tokens are refused', status: 204, ...operatorRoute, role: 'admin', input: inTenant({ keyId: z.string().max(200) }), output: Nothing }),
  mintToken: route({ method: 'POST', path: `${base}/tokens`, tag: 'Keys', summary: 'A user token, to try things', ...operatorRoute, role: 'admin', input: inTenant(tokenFields), output: Token }),
};

export const AdminUser = User.extend({ ban: Ban.optional() }).meta({ id: 'AdminUser' });

export const adminUserRoutes = {
  list: route({ method: 'GET', path: `${base}/users`, tag: 'Users of a tenant', summary: 'Users by id', ...operatorRoute, role: 'viewer', input: inTenant({ ...adminUserFilter, ...PageQuery }), output: pageOfSchema(User) }),
  get: route({ method: 'GET', path: `${base}/users/:userId`, tag: 'Users of a tenant', summary: 'One user and the ban that holds', ...operatorRoute, role: 'viewer', input: inTenant({ userId: UserIdSchema }), output: z.object({ user: AdminUser }) }),
  put: route({ method: 'PUT', path: `${base}/users/:userId`, tag: 'Users of a tenant', summary: 'Create or change a user', ...operatorRoute, role: 'admin', input: inTenant({ userId: UserIdSchema, ...userProfileFields }), output: z.object({ user: User }) }),
  deactivate: route({ method: 'POST', path: `${base}/users/:userId/deactivate`, tag: 'Users of a tenant', summary: 'Stop all credentials of a user', ...operatorRoute, role: 'admin', input: inTenant({ userId: UserIdSchema }), output: z.object({ user: User }) }),
  reactivate: route({ method: 'POST', path: `${base}/users/:userId/reactivate`, tag: 'Users of a tenant', summary: 'Let a deactivated user in again', ...operatorRoute, role: 'admin', input: inTenant({ userId: UserIdSchema }), output: z.object({ user: User }) }),
};

export const adminBanRoutes = {
  list: route({
    method: 'GET', path: `${base}/bans`, tag: 'Bans of a tenant', summary: 'Bans in force, newest first', ...operatorRoute, role: 'viewer',
    input: inTenant({ scope: z.enum(['tenant', 'room']).optional(), ...banListFields }), output: pageOfSchema(Ban),
  }),
  banFromTenant: route({ method: 'POST', path: `${base}/bans`, tag: 'Bans of a tenant', summary: 'Ban a user from the tenant', status: 201, ...operatorRoute, role: 'moderator', input: inTenant(banFields), output: z.object({ ban: Ban }) }),
  liftFromTenant: route({ method: 'DELETE', path: `${base}/bans/:userId`, tag: 'Bans of a tenant', summary: 'Lift a tenant ban', status: 204, ...operatorRoute, role: 'moderator', input: inTenant({ userId: UserIdSchema }), output: Nothing }),
  listOfRoom: route({ method: 'GET', path: `${base}/rooms/:roomId/bans`, tag: 'Bans of a tenant', summary: 'Bans of a room', ...operatorRoute, role: 'viewer', input: inTenant({ roomId: RoomIdSchema, ...PageQuery }), output: pageOfSchema(Ban) }),
  banFromRoom: route({ method: 'POST', path: `${base}/rooms/:roomId/bans`, tag: 'Bans of a tenant', summary: 'Ban a user from a room', status: 201, ...operatorRoute, role: 'moderator', input: inTenant({ roomId: RoomIdSchema, ...banFields }), output: z.object({ ban: Ban }) }),
  liftFromRoom: route({ method: 'DELETE', path: `${base}/rooms/:roomId/bans/:userId`, tag: 'Bans of a tenant', summary: 'Lift a room ban', status: 204, ...operatorRoute, role: 'moderator', input: inTenant({ roomId: RoomIdSchema, userId: UserIdSchema }), output: Nothing }),
};

export const adminRoomRoutes = {
  list: route({
    method: 'GET', path: `${base}/rooms`, tag: 'Rooms of a tenant', summary: 'Rooms, newest activity first', ...operatorRoute, role: 'viewer',
    input: inTenant({ kind: z.enum(['direct', 'group', 'channel']).optional(), q: text(100).optional(), memberId: UserIdSchema.optional(), ...PageQuery }), output: pageOfSchema(Room),
  }),
  create: route({
    method: 'POST', path: `${base}/rooms`, tag: 'Rooms of a tenant', summary: 'Create a group or channel; the first member named owns it', status: 201, ...operatorRoute, role: 'admin',
    input: inTenant({ id: AppId.optional(), kind: z.enum(['group', 'channel']), name: text(100).optional(), members: z.array(UserIdSchema).max(500).optional(), metadata: Metadata.optional() }),
    output: z.object({ room: Room }), errors: ['conflict'],
  }),
  get: route({ method: 'GET', path: `${base}/rooms/:roomId`, tag: 'Rooms of a tenant', summary: 'One room', ...operatorRoute, role: 'viewer', input: inTenant({ roomId: RoomIdSchema }), output: z.object({ room: Room }) }),
  update: route({ method: 'PATCH', path: `${base}/rooms/:roomId`, tag: 'Rooms of a tenant', summary: 'Rename or mute a room', ...operatorRoute, role: 'moderator', input: inTenant({ roomId: RoomIdSchema, name: text(100).nullable().optional(), settings: z.strictObject({ muted: z.boolean().optional() }).optional() }), output: z.object({ room: Room }) }),
  dissolve: route({ method: 'DELETE', path: `${base}/rooms/:roomId`, tag: 'Rooms of a tenant', summary: 'Dissolve a room', status: 204, ...operatorRoute, role: 'admin', input: inTenant({ roomId: RoomIdSchema }), output: Nothing }),
  members: route({ method: 'GET', path: `${base}/rooms/:roomId/members`, tag: 'Rooms of a tenant', summary: 'Members', ...operatorRoute, role: 'viewer', input: inTenant({ roomId: RoomIdSchema, ...PageQuery }), output: pageOfSchema(Member) }),
  addMembers: route({ method: 'POST', path: `${base}/rooms/:roomId/members`, tag: 'Rooms of a tenant', summary: 'Add users', ...operatorRoute, role: 'admin', input: inTenant({ roomId: RoomIdSchema, userIds: z.array(UserIdSchema).min(1).max(500) }), output: z.object({ results: z.array(MemberResult) }) }),
  updateMember: route({
    method: 'PATCH', path: `${base}/rooms/:roomId/members/:userId`, tag: 'Rooms of a tenant', summary: 'Change a role or mute', ...operatorRoute, role: 'moderator',
    input: inTenant({ roomId: RoomIdSchema, userId: UserIdSchema, role: z.enum(['owner', 'admin', 'member']).optional(), muteSeconds: z.number().int().min(0).max(315_360_000).nullable().optional(), reason: text(500).optional() }),
    output: z.object({ member: Member }),
  }),
  removeMember: route({ method: 'DELETE', path: `${base}/rooms/:roomId/members/:userId`, tag: 'Rooms of a tenant', summary: 'Remove a member', status: 204, ...operatorRoute, role: 'moderator', input: inTenant({ roomId: RoomIdSchema, userId: UserIdSchema }), output: Nothing }),
  messages: route({
    method: 'GET', path: `${base}/rooms/:roomId/messages`, tag: 'Rooms of a tenant', summary: 'Messages; reading them is audited', ...operatorRoute, role: 'moderator',
    input: inTenant({ roomId: RoomIdSchema, limit: queryInt(1, 100).default(50), beforeSeq: queryInt(1, Number.MAX_SAFE_INTEGER).optional(), afterSeq: queryInt(0, Number.MAX_SAFE_INTEGER).optional() }), output: MessagePage,
  }),
  deleteMessage: route({
    method: 'DELETE', path: `${base}/rooms/:roomId/messages/:messageId`, tag: 'Rooms of a tenant', summary: 'Delete a message for everyone', ...operatorRoute, role: 'moderator',
    input: inTenant({ roomId: RoomIdSchema, messageId: MessageIdSchema, reason: text(500).optional() }), output: z.object({ message: Message }),
  }),
  sendMessage: route({
    method: 'POST', path: `${base}/rooms/:roomId/messages`, tag: 'Rooms of a tenant', summary: 'Send as a user of the tenant; audited', status: 201, ...operatorRoute, role: 'admin',
    input: inTenant({ roomId: RoomIdSchema, asUserId: UserIdSchema, clientMessageId: z.string().min(1).max(128), text: text(40_000) }), output: z.object({ message: Message, deduplicated: z.boolean() }),
  }),
};

export const auditRoutes = {
  ofPlatform: route({
    method: 'GET', path: '/v1/admin/audit', tag: 'Audit', summary: 'What operators did to the installation, newest first', ...operatorRoute, role: 'admin',
    input: z.strictObject({ action: z.string().max(100).optional(), actorId: z.string().max(200).optional(), ...PageQuery }), output: pageOfSchema(AuditRecord),
  }),
  ofTenant: route({
    method: 'GET', path: `${base}/audit`, tag: 'Audit', summary: 'What operators and keys did in a tenant, newest first', ...operatorRoute, role: 'admin',
    input: inTenant({ action: z.string().max(100).optional(), actorId: z.string().max(200).optional(), ...PageQuery }), output: pageOfSchema(AuditRecord),
  }),
};

export const statsRoutes = {
  overview: route({ method: 'GET', path: '/v1/admin/stats', tag: 'Overview', summary: 'Live figures and health of this server', ...operatorRoute, role: 'viewer', input: z.strictObject({}), output: Overview }),
};

/** Commands and events of the dashboard's namespace. */
export const adminCommands = {
  watchRoom: command({
    name: 'room.watch', namespace: '/admin', summary: 'Receive a room’s events as `room.event`; reading is audited. One room at a time.',
    input: z.strictObject({ ...tenantPath, roomId: RoomIdSchema }), output: z.object({}),
  }),
  unwatchRoom: command({ name: 'room.unwatch', namespace: '/admin', summary: 'Stop watching', input: z.strictObject({}), output: z.object({}) }),
};

export const adminEvents: readonly EventSpec[] = [
  { name: 'stats.changed', namespace: '/admin', summary: 'Live figures, every two seconds', schema: Stats, log: 'none' },
  { name: 'room.event', namespace: '/admin', summary: 'An event of the watched room', schema: RoomEnvelope, log: 'none' },
];

