import {
  actorRefId,
  capabilitiesOf,
  ERROR_TABLE,
  type ActorRef,
  type ApiKey as DomainApiKey,
  type AuditRecord as DomainAuditRecord,
  type Ban as DomainBan,
  type DomainError,
  type ErrorKind,
  isListed,
  type Member as DomainMember,
  type MemberChange,
  type Message as DomainMessage,
  type MessagePage as DomainMessagePage,
  type Node,
  type Operator as DomainOperator,
  type OperatorToken as DomainOperatorToken,
  type Person as DomainPerson,
  type Presence as DomainPresence,
  type PresenceEvent,
  type ProfileEvent,
  type RoomEvent,
  type RoomInfo,
  type RoomNotice,
  type RoomSync as DomainRoomSync,
  type RoomView,
  type SentMessage,
  type SigningKey as DomainSigningKey,
  type JoinedRoom,
  type SyncAnswer as DomainSyncAnswer,
  type Tenant as DomainTenant,
  type User as DomainUser,
  type UserEvent,
} from '@parley/domain';
import type { AuditRecord } from './audit.js';
import type { Ban } from './bans.js';
import type { EventActor, NoticeEnvelope, PresenceEnvelope, ProfileEnvelope, RoomEnvelope, UserEnvelope } from './events.js';
import type { Message } from './messages.js';
import type { NodeShape } from './nodes.js';
import type { Operator, OperatorToken } from './operators.js';
import type { Presence } from './presence.js';
import type { Problem } from './problem.js';
import type { Member, Room } from './rooms.js';
import type { RoomSync, SessionReady, SyncAnswer } from './sync.js';
import type { Tenant } from './tenants.js';
import type { ApiKey, SigningKey } from './tokens.js';
import type { Person, User } from './users.js';

/** Domain to wire, field by field: what is not named here does not leave the server. Absent stays absent. */

const time = (at: Date): string => at.toISOString();
const maybe = (at: Date | undefined): string | undefined => at?.toISOString();

export function presentPerson({ id, name, image }: DomainPerson): Person {
  return image === undefined ? { id, name } : { id, name, image };
}

export function presentUser(user: DomainUser): User {
  const { id, name, image, metadata, createdAt, updatedAt, deactivatedAt } = user;
  return { id, name, image, metadata, createdAt: time(createdAt), updatedAt: time(updatedAt), deactivatedAt: maybe(deactivatedAt) };
}

export function presentMessage(message: DomainMessage): Message {
  const { id, roomId, seq, pts, type, sender, clientMessageId, text, mentions, replyTo, metadata, createdAt, deleted } = message;
  return {
    id,
    roomId,
    seq,
    pts,
    type,
    sender: presentPerson(sender),
    clientMessageId,
    text,
    attachments: [],
    mentions: [...mentions],
    replyTo: replyTo && { ...replyTo, sender: presentPerson(replyTo.sender) },
    metadata,
    createdAt: time(createdAt),
    deleted: deleted && { at: time(deleted.at), by: actorRefId(deleted.by), reason: deleted.reason },
    reactions: [],
  };
}

export const presentSent = ({ message, deduplicated }: SentMessage) => ({ message: presentMessage(message), deduplicated });

export function presentMessagePage({ items, hasMoreBefore, hasMoreAfter }: DomainMessagePage) {
  return { items: items.map(presentMessage), hasMoreBefore, hasMoreAfter };
}

/** A room as everyone sees it; lists add `me`, `peer` and `lastMessage`. */
export function presentRoomInfo(room: RoomInfo): Room {
  const { id, epoch, kind, name, image, metadata, settings, memberCount, lastSeq, pts, createdAt, createdBy, dissolvedAt } = room;
  const { memberCanInvite, memberCanPost, joinPolicy, publicRead, historyVisibility, muted, maxMembers } = settings;
  return {
    id,
    epoch,
    kind,
    name,
    image,
    metadata,
    settings: { memberCanInvite, memberCanPost, joinPolicy, publicRead, historyVisibility, muted, maxMembers },
    memberCount,
    lastSeq,
    pts,
    createdAt: time(createdAt),
    createdBy: createdBy && presentPerson(createdBy),
    dissolvedAt: maybe(dissolvedAt),
  };
}

export function presentRoom({ room, me, peer, lastMessage, unreadMentions }: RoomView): Room {
  return {
    ...presentRoomInfo(room),
    peer: peer && presentUser(peer),
    lastMessage: lastMessage && presentMessage(lastMessage),
    me: me?.status === 'member' ? presentMe(me, room, unreadMentions ?? 0) : undefined,
  };
}

function presentMe(me: DomainMember, room: RoomInfo, unreadMentions: number): NonNullable<Room['me']> {
  return {
    role: me.role,
    capabilities: [...capabilitiesOf(me.role, room.settings)],
    readSeq: me.readSeq,
    deliveredSeq: me.deliveredSeq,
    unread: Math.max(0, room.lastSeq - me.readSeq),
    unreadMentions,
    markedUnread: me.markedUnread,
    mutedUntil: maybe(me.mutedUntil),
    notifications: { level: me.notifications.level, until: maybe(me.notifications.until) },
    pinned: me.pinned,
    archived: me.archivedSeq !== undefined && room.lastSeq <= me.archivedSeq,
    hidden: !isListed(me, room.lastSeq),
  };
}

export function presentMember(member: DomainMember): Member {
  const { roomId, user, role, name, joinedAt, mutedUntil, readSeq, deliveredSeq } = member;
  return {
    roomId,
    userId: user.id,
    user: user.image === undefined ? { name: user.name } : { name: user.name, image: user.image },
    role,
    name,
    joinedAt: time(joinedAt),
    mutedUntil: maybe(mutedUntil),
    readSeq,
    deliveredSeq,
  };
}

export function presentBan(ban: DomainBan): Ban {
  const { id, user, roomId, reason, createdAt, createdBy, expiresAt } = ban;
  return {
    id,
    userId: user.id,
    roomId,
    reason,
    createdAt: time(createdAt),
    createdBy: actorRefId(createdBy),
    createdByKind: createdBy.kind,
    expiresAt: maybe(expiresAt),
  };
}

function presentActor(actor: ActorRef | undefined): EventActor | undefined {
  if (!actor) return undefined;
  if (actor.kind !== 'user') return { kind: actor.kind, id: actor.id };
  const { id, name, image } = actor.user;
  return image === undefined ? { kind: 'user', id, name } : { kind: 'user', id, name, image };
}

export function presentRoomEvent(event: RoomEvent): RoomEnvelope {
  const { id, tenantId, roomId, epoch, pts, seq, at, actor } = event;
  const envelope = { id, type: event.type, tenantId, roomId, epoch, pts, seq, at: time(at), actor: presentActor(actor) };
  switch (event.type) {
    case 'message.created':
    case 'message.deleted':
      return { ...envelope, type: event.type, data: { message: presentMessage(event.data.message) } };
    case 'room.created':
    case 'room.updated':
    case 'room.dissolved':
      return { ...envelope, type: event.type, data: { room: presentRoomInfo(event.data.room) } };
    case 'event.hidden':
      return { ...envelope, type: event.type, data: {} };
    default:
      return { ...envelope, type: event.type, data: presentMemberChange(event.data, actor) };
  }
}

function presentMemberChange({ member, memberCount, reason, expiresAt }: MemberChange, actor: ActorRef | undefined) {
  return { member: presentMember(member), memberCount, by: actor && actorRefId(actor), reason, expiresAt: maybe(expiresAt) };
}

export function presentUserEvent(event: UserEvent): UserEnvelope {
  const { id, tenantId, userPts, at, actor } = event;
  const envelope = { id, tenantId, userPts, at: time(at), actor: presentActor(actor) };
  switch (event.type) {
    case 'room.entered': {
      const { room, afterPts } = event.data;
      return { ...envelope, type: event.type, roomId: room.id, data: { room: presentRoomInfo(room), afterPts } };
    }
    case 'room.exited':
      return { ...envelope, type: event.type, roomId: event.data.room.id, data: { room: presentRoomInfo(event.data.room) } };
    case 'user.banned':
    case 'user.unbanned':
      return { ...envelope, type: event.type, data: { ban: presentBan(event.data.ban) } };
  }
}

export function presentNotice(event: RoomNotice, id: string): NoticeEnvelope {
  const { tenantId, roomId, at, user } = event;
  const envelope = { id, tenantId, roomId, at: time(at) };
  return 'action' in event
    ? { ...envelope, type: event.type, data: { roomId, userId: user.id, action: event.action } }
    : { ...envelope, type: event.type, data: { roomId, userId: user.id, seq: event.seq } };
}

export function presentPresence({ userId, status, lastSeen, lastSeenAt, connections, version, wish }: DomainPresence): Presence {
  return { userId, status, lastSeen, lastSeenAt: maybe(lastSeenAt), connections, version, wish };
}

export const presentPresences = ({ presences, denied }: { presences: readonly DomainPresence[]; denied: readonly string[] }) => ({
  presences: presences.map(presentPresence),
  denied: [...denied],
});

export function presentPresenceEvent({ type, tenantId, presence, at }: PresenceEvent, id: string): PresenceEnvelope {
  return { id, type, tenantId, at: time(at), data: { userId: presence.userId, presence: presentPresence(presence) } };
}

export function presentProfileEvent(event: ProfileEvent, id: string): ProfileEnvelope {
  return { id, type: event.type, tenantId: event.tenantId, at: time(event.at), data: { user: presentPerson(event.user) } };
}

/** The `status` of each kind of refusal, in REST and inside acks. */
export const HTTP_STATUS: Record<ErrorKind, number> = {
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  invalid: 400,
  conflict: 409,
  mismatch: 422,
  gone: 410,
  'too-large': 413,
  unsupported: 415,
  limited: 429,
  unavailable: 503,
  internal: 500,
};

export function presentProblem(error: DomainError, requestId: string, instance?: string): Problem {
  const { kind, title, retryable } = ERROR_TABLE[error.code];
  const { detail, retryAfterMs, policy, errors, scope, reason, expiresAt, floorPts } = error.details;
  return {
    type: `urn:parley:problem:${error.code}`,
    title,
    status: HTTP_STATUS[kind],
    detail,
    instance,
    code: error.code,
    requestId,
    retryable,
    retryAfterMs,
    policy: policy?.name,
    errors: errors && [...errors],
    scope,
    reason,
    expiresAt: maybe(expiresAt),
    floorPts,
  };
}

export function presentSync({ user, rooms }: DomainSyncAnswer, requestId: string): SyncAnswer {
  return {
    user: user && { events: user.events.map(presentUserEvent), pts: user.pts, complete: user.complete },
    rooms: rooms.map((room) => presentRoomSync(room, requestId)),
  };
}

function presentRoomSync(sync: DomainRoomSync, requestId: string): RoomSync {
  if ('error' in sync) return { roomId: sync.roomId, error: presentProblem(sync.error, requestId) };
  if ('reset' in sync) return { roomId: sync.roomId, reset: true, epoch: sync.epoch, pts: sync.pts };
  const { roomId, epoch, events, pts, complete, receipts } = sync;
  return {
    roomId,
    epoch,
    events: events.map(presentRoomEvent),
    pts,
    complete,
    receipts: { cursors: receipts.cursors.map((cursor) => ({ ...cursor })), memberCount: receipts.memberCount },
  };
}

export function presentStartRooms(rooms: readonly JoinedRoom[], incomplete: ReadonlySet<string>): SessionReady['rooms'] {
  return rooms.map(({ id, epoch, pts, lastSeq, readSeq }) => ({
    roomId: id,
    epoch,
    pts,
    lastSeq,
    readSeq,
    unread: Math.max(0, lastSeq - readSeq),
    complete: !incomplete.has(id),
  }));
}

export function presentTenant(tenant: DomainTenant): Tenant {
  const { id, name, status, settings, createdAt, updatedAt, suspendedAt } = tenant;
  return {
    id,
    name,
    status,
    settings: { ...settings, allowedOrigins: [...settings.allowedOrigins] },
    createdAt: time(createdAt),
    updatedAt: time(updatedAt),
    suspendedAt: maybe(suspendedAt),
  };
}

export function presentApiKey(key: DomainApiKey): ApiKey {
  const { id, name, prefix, scopes, createdAt, lastUsedAt, revokedAt } = key;
  return { id, name, prefix, scopes: [...scopes], createdAt: time(createdAt), lastUsedAt: maybe(lastUsedAt), revokedAt: maybe(revokedAt) };
}

export function presentSigningKey(key: DomainSigningKey): SigningKey {
  const { id, algorithm, issuer, audience, userIdPrefix, createdAt, revokedAt } = key;
  return { id, algorithm, issuer, audience, userIdPrefix, createdAt: time(createdAt), revokedAt: maybe(revokedAt) };
}

export function presentNode(node: Node, selfId: string): NodeShape {
  const { id, role, version, url, startedAt, beatAt, report } = node;
  const { connections, messagesPerSecond, eventLoopDelayMs, memoryBytes, redis } = report;
  return {
    id,
    role,
    version,
    ...(url === undefined ? {} : { url }),
    startedAt: time(startedAt),
    beatAt: time(beatAt),
    state: stateOf(node),
    connections,
    messagesPerSecond,
    eventLoopDelayMs,
    memoryBytes,
    redis,
    isSelf: id === selfId,
  };
}

function stateOf({ isAlive, isSuspect, isDrainWanted, report }: Node): NodeShape['state'] {
  if (!isAlive) return 'gone';
  if (isDrainWanted || report.isDraining) return 'draining';
  if (!report.isReady) return 'not-ready';
  return isSuspect ? 'suspect' : 'serving';
}

export function presentOperator(operator: DomainOperator): Operator {
  const { id, email, name, role, tenantRoles, mustChangePassword, createdAt, lastLoginAt, disabledAt } = operator;
  return {
    id,
    email,
    name,
    role,
    tenantRoles: [...tenantRoles].map(([tenantId, granted]) => ({ tenantId, role: granted })),
    mustChangePassword,
    createdAt: time(createdAt),
    lastLoginAt: maybe(lastLoginAt),
    disabledAt: maybe(disabledAt),
  };
}

export function presentOperatorToken(token: DomainOperatorToken): OperatorToken {
  const { id, name, createdAt, expiresAt, lastUsedAt } = token;
  return { id, name, createdAt: time(createdAt), expiresAt: maybe(expiresAt), lastUsedAt: maybe(lastUsedAt) };
}

export function presentAudit(record: DomainAuditRecord): AuditRecord {
  const { number, at, action, actorKind, actorId, target, detail, requestId, ip, hash } = record;
  return { number, at: time(at), action, actorKind, actorId, target: { ...target }, detail: { ...detail }, requestId, ip, hash };
}
