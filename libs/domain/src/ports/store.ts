import type { OperatorRole } from '../actor.js';
import type { AuditEntry, AuditRecord } from '../audit/audit.js';
import type { ApiKey, SigningKey } from '../auth/keys.js';
import type { RoomId, RoomNo, TenantId, UserId, UserNo } from '../ids.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { Member } from '../members/member.js';
import type { Ban } from '../moderation/ban.js';
import type { Node, NodeIdentity, NodeReport } from '../nodes/node.js';
import type { Operator, OperatorSession, OperatorToken } from '../operators/operator.js';
import type { Page, PageRequest } from '../page.js';
import type { PresenceRecord, PresenceWish } from '../presence/presence.js';
import type { Room, RoomKind, RoomView } from '../rooms/room.js';
import type { Receipts } from '../sync/sync.js';
import type { Tenant, TenantSettings, TenantStatus } from '../tenants/tenant.js';
import type { DirectFrom, User } from '../users/user.js';

/**
 * Everything relational that is not a log. A transaction hands over the same narrow sections, bound to it; what the
 * function did is committed when it resolves and undone when it throws.
 *
 * A tenant's transaction sees that tenant's rows and no others, whatever it asks for. Throws `unavailable` or `timeout`
 * within 5 s when the database does not answer.
 */
export abstract class Store {
  abstract tenant<T>(tenantId: TenantId, run: (tx: TenantTx) => Promise<T>): Promise<T>;
  /** The installation itself: tenants, operators, figures. No tenant's users, rooms or messages. */
  abstract platform<T>(run: (tx: PlatformTx) => Promise<T>): Promise<T>;
}

export interface TenantTx {
  readonly tenant: OwnTenant;
  readonly users: Users;
  readonly rooms: Rooms;
  readonly members: Members;
  readonly bans: Bans;
  readonly presences: Presences;
  readonly keys: Keys;
  readonly audit: Audit;
  readonly remembered: RememberedAnswers;
}

export interface PlatformTx {
  readonly tenants: Tenants;
  readonly operators: Operators;
  readonly nodes: Nodes;
  readonly audit: Audit;
}

/** A tenant, and one of its users, as a credential is judged. */
export interface Caller {
  readonly tenant: Tenant;
  readonly user?: User;
  readonly ban?: Ban;
}

export interface OwnTenant {
  get(): Promise<Tenant | undefined>;
  caller(userId: UserId): Promise<Caller | undefined>;
  /** The same for many, in order; empty where the tenant is not there. */
  callers(userIds: readonly UserId[]): Promise<readonly Caller[]>;
  /** Sums of counters. */
  figures(): Promise<TenantFigures>;
}

export interface TenantFigures {
  readonly users: number;
  readonly rooms: number;
  readonly messages: number;
  readonly bans: number;
}

export interface Tenants {
  /** Undefined when the id is taken. */
  insert(tenant: { id: TenantId; name: string; settings: TenantSettings }): Promise<Tenant | undefined>;
  get(id: TenantId): Promise<Tenant | undefined>;
  /** By id, ascending. `only` limits to what the operator was granted. */
  list(filter: { q?: string; status?: TenantStatus; only?: readonly TenantId[] }, page: PageRequest): Promise<Page<Tenant>>;
  /** Raises the version. */
  update(id: TenantId, patch: { name?: string; settings?: TenantSettings; status?: TenantStatus }): Promise<Tenant | undefined>;
  /** In order; undefined for one that is not there. Raised by changed settings, suspension, and revoked signing keys. */
  versionsOf(ids: readonly TenantId[]): Promise<readonly (number | undefined)[]>;
  /** Cheap figures of the installation: sums of counters, never a full count of a big table. */
  figures(): Promise<{ tenants: number; suspendedTenants: number; totals: TenantFigures }>;
}

/** How far a user's own log has come, and the version of what the user may do. */
export interface UserHead {
  readonly userPts: number;
  readonly userVersion: number;
}

export interface NewUser {
  readonly id: UserId;
  readonly name: string;
  readonly image?: string;
  readonly metadata?: JsonObject;
}

export interface Users {
  byId(id: UserId): Promise<User | undefined>;
  byIds(ids: readonly UserId[]): Promise<readonly User[]>;
  /** In order; nobody has zeros. */
  headsOf(userNos: readonly UserNo[]): Promise<readonly UserHead[]>;
  /** Inserts who is new and returns all of them; existing rows stay as they are. */
  ensure(users: readonly NewUser[]): Promise<readonly User[]>;
  update(
    no: UserNo,
    patch: { name?: string; image?: string | null; metadata?: JsonObject; directFrom?: DirectFrom },
  ): Promise<User | undefined>;
  /** Raises the version. */
  setDeactivated(no: UserNo, isDeactivated: boolean): Promise<User | undefined>;
  /** By id, ascending; `q` is a case-insensitive prefix of id or part of the name. */
  list(filter: { q?: string; banned?: boolean; deactivated?: boolean }, page: PageRequest): Promise<Page<User>>;
}

/** A room and how one user stands to it. */
export interface RoomAccess {
  readonly room: Room;
  readonly member?: Member;
  /** Room ban that holds, or one that has run out and was not lifted. */
  readonly ban?: Ban;
}

/** Everything a send is decided on, read in one go. */
export interface SendFacts extends RoomAccess {
  readonly tenant: Tenant;
  readonly sender: User;
  readonly tenantBan?: Ban;
  /** Direct rooms. */
  readonly peer?: { readonly user: User; readonly blocksSender: boolean; readonly isBlockedBySender: boolean; readonly isFriend: boolean };
}

export interface RoomFilter {
  readonly kind?: RoomKind;
  readonly q?: string;
  readonly unread?: boolean;
  readonly archived?: boolean;
  readonly memberNo?: UserNo;
}

/** A room the user is in, its head and how far the user has read, as of one moment. */
export interface JoinedRoom {
  readonly no: RoomNo;
  readonly id: RoomId;
  readonly epoch: number;
  readonly pts: number;
  readonly floorPts: number;
  readonly lastSeq: number;
  readonly readSeq: number;
  /** Up to this position the user sees `event.hidden`. */
  readonly hiddenPts: number;
  /** False for a direct room in which nobody has said anything to the user yet. */
  readonly isListed: boolean;
}

/** What a connection starts from. */
export interface Start {
  /** `uver`: raised by bans and deactivation. */
  readonly userVersion: number;
  readonly userPts: number;
  /** Over all rooms the user is in. */
  readonly unreadTotal: number;
  /** Newest activity first. */
  readonly rooms: readonly JoinedRoom[];
}

export interface Rooms {
  byId(id: RoomId): Promise<Room | undefined>;
  byPair(pair: readonly [UserNo, UserNo]): Promise<Room | undefined>;
  /** The canonical text of the request that created it, hashed; to tell a repeat from a conflict. */
  isSameDraft(no: RoomNo, draft: string): Promise<boolean>;
  access(id: RoomId, userNo: UserNo): Promise<RoomAccess | undefined>;
  /** The same for many pairs of a user and a room, in order. */
  accesses(pairs: readonly { readonly id: RoomId; readonly userNo: UserNo }[]): Promise<readonly (RoomAccess | undefined)[]>;
  sendFacts(id: RoomId, userNo: UserNo): Promise<SendFacts | undefined>;
  view(id: RoomId, userNo: UserNo | undefined): Promise<RoomView | undefined>;
  /** Rooms the user is in and has not hidden, newest activity first. */
  listOf(userNo: UserNo, filter: RoomFilter, page: PageRequest): Promise<Page<RoomView>>;
  /** All rooms of the tenant, newest activity first (to the minute). */
  list(filter: RoomFilter, page: PageRequest): Promise<Page<RoomView>>;
  /** Where many users' clients start from, in order; of each at most so many rooms. */
  startOf(userNos: readonly UserNo[], limit: number): Promise<readonly Start[]>;
}

export interface ReceiptMark {
  readonly member: Member;
  readonly lastSeq: number;
  readonly hasMoved: boolean;
}

export interface Members {
  get(roomNo: RoomNo, userNo: UserNo): Promise<Member | undefined>;
  /** Present members, owners first, then by time of joining. */
  list(roomNo: RoomNo, page: PageRequest): Promise<Page<Member>>;
  /** Who inherits a room: the oldest admin, else the oldest member, never `exceptNo` (D11). */
  heir(roomNo: RoomNo, exceptNo: UserNo): Promise<Member | undefined>;
  countOwners(roomNo: RoomNo): Promise<number>;
  /** Sets a cursor to at most the room's last seq; it never moves back. Reading also delivers. */
  mark(roomNo: RoomNo, userNo: UserNo, kind: 'read' | 'delivered', seq: number): Promise<ReceiptMark | undefined>;
  /** Every member's cursors up to 100 members, else the user's own. */
  receipts(roomNo: RoomNo, userNo: UserNo): Promise<Receipts>;
  /** The same for many pairs, in order. */
  receiptsOf(pairs: readonly { readonly roomNo: RoomNo; readonly userNo: UserNo }[]): Promise<readonly Receipts[]>;
}

export interface Bans {
  tenantBan(userNo: UserNo): Promise<Ban | undefined>;
  /** Bans in force, newest first. */
  list(filter: { roomNo?: RoomNo; scope?: 'tenant' | 'room'; userNo?: UserNo }, page: PageRequest): Promise<Page<Ban>>;
}

/** What a user wants others to see, when it was there last, and who may know. */
export interface Presences {
  /** In order. */
  of(userNos: readonly UserNo[]): Promise<readonly PresenceRecord[]>;
  /** One who hides was there last right then. */
  wish(userNo: UserNo, wish: PresenceWish): Promise<PresenceRecord>;
  /** They were there at that time; of one who hides nothing is noted. */
  seen(entries: readonly { readonly userNo: UserNo; readonly at: Date }[]): Promise<void>;
  /** In order: does the viewer share a room or a friendship with the user, and is not blocked by it? Everybody sees itself. */
  areVisible(pairs: readonly { readonly viewerNo: UserNo; readonly userNo: UserNo }[]): Promise<readonly boolean[]>;
}

export interface Keys {
  insertApiKey(key: Omit<ApiKey, 'createdAt'> & { hash: string }): Promise<ApiKey>;
  apiKeyByHash(hash: string): Promise<ApiKey | undefined>;
  touchApiKey(id: string): Promise<void>;
  listApiKeys(page: PageRequest): Promise<Page<ApiKey>>;
  revokeApiKey(id: string): Promise<ApiKey | undefined>;
  insertSigningKey(key: Omit<SigningKey, 'createdAt'>): Promise<SigningKey>;
  signingKey(id: string): Promise<SigningKey | undefined>;
  listSigningKeys(page: PageRequest): Promise<Page<SigningKey>>;
  revokeSigningKey(id: string): Promise<SigningKey | undefined>;
}

/** Processes of this installation; one that was not heard of for a day is forgotten. */
export interface Nodes {
  /** Inserts it, or notes that it lives. */
  beat(identity: NodeIdentity, report: NodeReport): Promise<void>;
  /** Of the last day, the oldest first. */
  list(): Promise<readonly Node[]>;
  setDrain(id: string, isWanted: boolean): Promise<boolean>;
  suspect(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface Audit {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(filter: { action?: string; actorId?: string }, page: PageRequest): Promise<Page<AuditRecord>>;
}

/** What a repeat of a POST with the same `Idempotency-Key` is answered with (kept 24 h). */
export interface Remember {
  /** Who and which operation: keys of different callers never meet. */
  readonly scope: string;
  readonly key: string;
  /** Canonical text of the request; another one under the same key is a mismatch. */
  readonly draft: string;
  readonly answer: JsonValue;
}

export interface RememberedAnswers {
  find(scope: string, key: string, draft: string): Promise<{ answer: JsonValue; isSameDraft: boolean } | undefined>;
  save(remember: Remember): Promise<void>;
}

/** Somebody else committed the same `Idempotency-Key` first: look it up and answer with that. Never leaves the domain. */
export class AlreadyRemembered extends Error {
  override readonly name = 'AlreadyRemembered';
}

export interface Operators {
  insert(operator: {
    id: string;
    email: string;
    name: string;
    passwordHash: string;
    mustChangePassword: boolean;
  }): Promise<Operator | undefined>;
  byId(id: string): Promise<Operator | undefined>;
  byEmail(email: string): Promise<{ operator: Operator; passwordHash: string } | undefined>;
  passwordHash(id: string): Promise<string | undefined>;
  list(page: PageRequest): Promise<Page<Operator>>;
  count(): Promise<number>;
  setPassword(id: string, passwordHash: string, mustChange: boolean): Promise<void>;
  setDisabled(id: string, isDisabled: boolean): Promise<void>;
  /** `tenantId` absent = platform-wide; `role` absent = take it away. */
  grant(id: string, tenantId: TenantId | undefined, role: OperatorRole | undefined): Promise<void>;
  touchLogin(id: string): Promise<void>;
  insertSession(session: OperatorSession & { tokenHash: string }): Promise<void>;
  session(tokenHash: string): Promise<{ session: OperatorSession; operator: Operator } | undefined>;
  touchSession(id: string): Promise<void>;
  endSessions(operatorId: string, exceptId?: string): Promise<void>;
  endSession(id: string): Promise<void>;
  insertToken(token: Omit<OperatorToken, 'createdAt'> & { tokenHash: string }): Promise<OperatorToken>;
  token(tokenHash: string): Promise<{ token: OperatorToken; operator: Operator } | undefined>;
  touchToken(id: string): Promise<void>;
  listTokens(operatorId: string): Promise<readonly OperatorToken[]>;
  revokeToken(operatorId: string, id: string): Promise<boolean>;
}
