import type { RoomId, TenantId, UserId, UserNo } from './ids.js';

/** What API keys and user tokens may be limited to. */
export const SCOPES = [
  'users:read',
  'users:write',
  'rooms:read',
  'rooms:write',
  'messages:write',
  'bans:write',
  'tokens:mint',
  'act-as',
] as const;
export type Scope = (typeof SCOPES)[number];

export const OPERATOR_ROLES = ['owner', 'admin', 'moderator', 'viewer'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** A user as other people see it: enough to show a name beside a message. */
export interface Person {
  readonly no: UserNo;
  readonly id: UserId;
  readonly name: string;
  readonly image?: string;
}

/** Where a call came from; kept in the audit log. */
export interface CallInfo {
  readonly requestId: string;
  readonly ip?: string;
  /** The caller's `Idempotency-Key`, where the route takes one. */
  readonly idempotencyKey?: string;
  /** The browser page's origin; a tenant may allow only some. */
  readonly origin?: string;
}

interface ActorBase {
  readonly tenantId: TenantId;
  readonly call: CallInfo;
}

/** A user of a tenant's app: by its own token, or an API key acting for it. */
export interface UserActor extends ActorBase {
  readonly kind: 'user';
  readonly user: Person;
  readonly device?: string;
  /** Seconds precision, from the token; absent when a key acts for the user. */
  readonly expiresAt?: Date;
  readonly actingKeyId?: string;
  /** The key that verified its token. */
  readonly signingKeyId?: string;
}

/** A tenant's own server. */
export interface KeyActor extends ActorBase {
  readonly kind: 'key';
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** A human in the dashboard or `chatctl`, looking at one tenant he was granted. */
export interface OperatorActor extends ActorBase {
  readonly kind: 'operator';
  readonly operatorId: string;
  readonly email: string;
  readonly role: OperatorRole;
}

export type Actor = UserActor | KeyActor | OperatorActor;

/** An operator before a tenant is chosen: tenants, operators, the whole installation. */
export interface PlatformActor {
  readonly kind: 'platform';
  readonly operatorId: string;
  readonly email: string;
  /** Platform-wide role; absent for operators who were granted single tenants only. */
  readonly role?: OperatorRole;
  readonly tenantRoles: ReadonlyMap<TenantId, OperatorRole>;
  readonly call: CallInfo;
}

/** Who did something, as logs and events keep it. */
export type ActorRef =
  { readonly kind: 'user'; readonly user: Person } | { readonly kind: 'key' | 'operator' | 'system'; readonly id: string };

export function actorRef(actor: Actor): ActorRef {
  switch (actor.kind) {
    case 'user':
      return { kind: 'user', user: actor.user };
    case 'key':
      return { kind: 'key', id: actor.keyId };
    case 'operator':
      return { kind: 'operator', id: actor.operatorId };
  }
}

/** The app's id of a user, or the id of the key or operator. */
export const actorRefId = (ref: ActorRef): string => (ref.kind === 'user' ? ref.user.id : ref.id);

const OPERATOR_RANK: Record<OperatorRole, number> = { viewer: 0, moderator: 1, admin: 2, owner: 3 };
export const operatorIsAtLeast = (role: OperatorRole | undefined, least: OperatorRole): boolean =>
  role !== undefined && OPERATOR_RANK[role] >= OPERATOR_RANK[least];

export interface RoomAddress {
  readonly tenantId: TenantId;
  readonly roomId: RoomId;
}
