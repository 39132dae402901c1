import { createHash } from 'node:crypto';
import type {
  ActorRef,
  Ban,
  JsonObject,
  Member,
  MemberStatus,
  Person,
  Role,
  Room,
  RoomInfo,
  RoomKind,
  RoomSettings,
  User,
  DirectFrom,
} from '@parley/domain';

/** Rows as the shared SELECT lists below name them, and what they become. */

export const USER_COLUMNS = `u.no, u.id, u.name, u.image, u.metadata, u.direct_from, u.version, u.user_pts, u.created_at, u.updated_at, u.deactivated_at`;

export interface UserRow {
  no: number;
  id: string;
  name: string;
  image: string | null;
  metadata: JsonObject;
  direct_from: DirectFrom;
  version: number;
  user_pts: number;
  created_at: Date;
  updated_at: Date;
  deactivated_at: Date | null;
}

export const toUser = (row: UserRow): User => ({
  ...toPerson(row),
  metadata: row.metadata,
  directFrom: row.direct_from,
  version: row.version,
  userPts: row.user_pts,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  deactivatedAt: row.deactivated_at ?? undefined,
});

export const toPerson = (row: Pick<UserRow, 'no' | 'id' | 'name' | 'image'>): Person =>
  row.image === null ? { no: row.no, id: row.id, name: row.name } : { no: row.no, id: row.id, name: row.name, image: row.image };

export const ROOM_COLUMNS = `r.tenant_id, r.no, r.id, r.kind, r.name, r.image, r.metadata, r.settings, r.pair_low, r.pair_high, r.created_at, r.dissolved_at,
  h.epoch, h.pts, h.last_seq, h.floor_pts, h.version, h.member_count, h.last_at, h.active_at,
  c.no AS creator_no, c.id AS creator_id, c.name AS creator_name, c.image AS creator_image`;

export const ROOM_TABLES = `rooms r
  JOIN room_heads h ON h.tenant_id = r.tenant_id AND h.room_no = r.no
  LEFT JOIN users c ON c.tenant_id = r.tenant_id AND c.no = r.created_by`;

export interface RoomRow {
  tenant_id: string;
  no: number;
  id: string;
  kind: RoomKind;
  name: string | null;
  image: string | null;
  metadata: JsonObject;
  settings: RoomSettings;
  pair_low: number | null;
  pair_high: number | null;
  created_at: Date;
  dissolved_at: Date | null;
  epoch: number;
  pts: number;
  last_seq: number;
  floor_pts: number;
  version: number;
  member_count: number;
  last_at: Date;
  active_at: Date;
  creator_no: number | null;
  creator_id: string | null;
  creator_name: string | null;
  creator_image: string | null;
}

export function toRoom(row: RoomRow): Room {
  return {
    ...toRoomInfo(row),
    version: row.version,
    pair: row.pair_low === null || row.pair_high === null ? undefined : [row.pair_low, row.pair_high],
  };
}

export function toRoomInfo(row: RoomRow): RoomInfo {
  return {
    tenantId: row.tenant_id,
    no: row.no,
    id: row.id,
    kind: row.kind,
    name: row.name ?? undefined,
    image: row.image ?? undefined,
    metadata: row.metadata,
    settings: row.settings,
    createdAt: row.created_at,
    createdBy: prefixedPerson(row.creator_no, row.creator_id, row.creator_name, row.creator_image),
    dissolvedAt: row.dissolved_at ?? undefined,
    epoch: row.epoch,
    pts: row.pts,
    lastSeq: row.last_seq,
    floorPts: row.floor_pts,
    memberCount: row.member_count,
  };
}

function prefixedPerson(no: number | null, id: string | null, name: string | null, image: string | null): Person | undefined {
  return no === null || id === null ? undefined : toPerson({ no, id, name: name ?? id, image });
}

/** Columns of a membership `m` with its user `mu`, prefixed so that they stand beside a room's. */
export const MEMBER_COLUMNS = `m.user_no AS m_user_no, m.role AS m_role, m.status AS m_status, m.name AS m_name, m.joined_at AS m_joined_at, m.joined_pts AS m_joined_pts,
  m.joined_seq AS m_joined_seq, m.muted_until AS m_muted_until, m.read_seq AS m_read_seq, m.delivered_seq AS m_delivered_seq, m.marked_unread AS m_marked_unread,
  m.notify_level AS m_notify_level, m.notify_until AS m_notify_until, m.pinned AS m_pinned, m.archived_seq AS m_archived_seq, m.hidden_seq AS m_hidden_seq,
  mu.id AS m_id, mu.name AS m_user_name, mu.image AS m_image`;

export const MEMBER_USER = `users mu ON mu.tenant_id = m.tenant_id AND mu.no = m.user_no`;

export interface MemberRow {
  m_user_no: number | null;
  m_role: Role;
  m_status: MemberStatus;
  m_name: string | null;
  m_joined_at: Date;
  m_joined_pts: number;
  m_joined_seq: number;
  m_muted_until: Date | null;
  m_read_seq: number;
  m_delivered_seq: number;
  m_marked_unread: boolean;
  m_notify_level: 'all' | 'mentions' | 'none';
  m_notify_until: Date | null;
  m_pinned: boolean;
  m_archived_seq: number | null;
  m_hidden_seq: number | null;
  m_id: string;
  m_user_name: string;
  m_image: string | null;
}

/** Undefined where the outer join found no membership. */
export function toMember(row: MemberRow, roomId: string): Member | undefined {
  if (row.m_user_no === null) return undefined;
  return {
    roomId,
    user: toPerson({ no: row.m_user_no, id: row.m_id, name: row.m_user_name, image: row.m_image }),
    role: row.m_role,
    status: row.m_status,
    name: row.m_name ?? undefined,
    joinedAt: row.m_joined_at,
    joinedPts: row.m_joined_pts,
    joinedSeq: row.m_joined_seq,
    mutedUntil: row.m_muted_until ?? undefined,
    readSeq: row.m_read_seq,
    deliveredSeq: row.m_delivered_seq,
    markedUnread: row.m_marked_unread,
    notifications: { level: row.m_notify_level, until: row.m_notify_until ?? undefined },
    pinned: row.m_pinned,
    archivedSeq: row.m_archived_seq ?? undefined,
    hiddenSeq: row.m_hidden_seq ?? undefined,
  };
}

/** How an `ActorRef` is kept: a small number, and the number or id that goes with it. */
const ACTOR_KINDS = ['system', 'user', 'key', 'operator'] as const;

export interface ActorRow {
  actor_kind: number;
  actor_no: number | null;
  actor_id: string | null;
}

export function fromActor(actor: ActorRef): ActorRow {
  return {
    actor_kind: ACTOR_KINDS.indexOf(actor.kind),
    actor_no: actor.kind === 'user' ? actor.user.no : null,
    actor_id: actor.kind === 'user' ? null : actor.id,
  };
}

export function toActor(row: ActorRow, people: ReadonlyMap<number, Person>): ActorRef {
  const kind = ACTOR_KINDS[row.actor_kind] ?? 'system';
  if (kind !== 'user') return { kind, id: row.actor_id ?? kind };
  const user = row.actor_no === null ? undefined : people.get(row.actor_no);
  return user ? { kind: 'user', user } : { kind: 'system', id: 'erased' };
}

export const BAN_COLUMNS = `b.id AS b_id, b.user_no AS b_user_no, b.room_no AS b_room_no, b.reason AS b_reason, b.created_at AS b_created_at,
  b.actor_kind AS b_actor_kind, b.actor_no AS b_actor_no, b.actor_id AS b_actor_id, b.expires_at AS b_expires_at,
  bu.id AS b_user_id, bu.name AS b_user_name, bu.image AS b_user_image, ba.id AS b_by_id, ba.name AS b_by_name, ba.image AS b_by_image, br.id AS b_room_id`;

export const BAN_JOINS = `LEFT JOIN users bu ON bu.tenant_id = b.tenant_id AND bu.no = b.user_no
  LEFT JOIN users ba ON ba.tenant_id = b.tenant_id AND ba.no = b.actor_no
  LEFT JOIN rooms br ON br.tenant_id = b.tenant_id AND br.no = b.room_no`;

export interface BanRow {
  b_id: string | null;
  b_user_no: number;
  b_room_no: number;
  b_reason: string | null;
  b_created_at: Date;
  b_actor_kind: number;
  b_actor_no: number | null;
  b_actor_id: string | null;
  b_expires_at: Date | null;
  b_user_id: string;
  b_user_name: string;
  b_user_image: string | null;
  b_by_id: string | null;
  b_by_name: string | null;
  b_by_image: string | null;
  b_room_id: string | null;
}

export function toBan(row: BanRow): Ban | undefined {
  if (row.b_id === null) return undefined;
  const by = prefixedPerson(row.b_actor_no, row.b_by_id, row.b_by_name, row.b_by_image);
  return {
    id: row.b_id,
    user: toPerson({ no: row.b_user_no, id: row.b_user_id, name: row.b_user_name, image: row.b_user_image }),
    roomNo: row.b_room_no === 0 ? undefined : row.b_room_no,
    roomId: row.b_room_id ?? undefined,
    reason: row.b_reason ?? undefined,
    createdAt: row.b_created_at,
    createdBy: toActor(
      { actor_kind: row.b_actor_kind, actor_no: row.b_actor_no, actor_id: row.b_actor_id },
      new Map(by ? [[by.no, by]] : []),
    ),
    expiresAt: row.b_expires_at ?? undefined,
  };
}

/** 128 bits of SHA-256 in the shape of a uuid: tells two drafts apart, and is small in every row. */
export function draftHash(draft: string): string {
  return createHash('sha256')
    .update(draft)
    .digest('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** LIKE with the user's text as text. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`);
