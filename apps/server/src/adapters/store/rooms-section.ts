import {
  pageOf,
  type JoinedRoom,
  type Page,
  type PageRequest,
  type RoomAccess,
  type RoomFilter,
  type Rooms,
  type RoomView,
  type SendFacts,
  type Start,
  type UserNo,
} from '@parley/domain';
import {
  BAN_COLUMNS,
  BAN_JOINS,
  draftHash,
  escapeLike,
  MEMBER_COLUMNS,
  MEMBER_USER,
  ROOM_COLUMNS,
  ROOM_TABLES,
  toBan,
  toMember,
  toRoom,
  toUser,
  USER_COLUMNS,
  type BanRow,
  type MemberRow,
  type RoomRow,
  type UserRow,
} from '../postgres/rows.js';
import { LogReader } from '../room-log/log-reader.js';
import { LOG_COLUMNS, type LogRow } from '../room-log/event-rows.js';
import { bansSection } from './bans-section.js';
import type { Tx } from './tx.js';
import { ownTenantSection } from './tenants-section.js';

/** A room `r` with the membership of user $2 and its ban, where there are any. */
const WITH_ME = `${ROOM_TABLES}
  LEFT JOIN members m ON m.tenant_id = r.tenant_id AND m.room_no = r.no AND m.user_no = $2
  LEFT JOIN ${MEMBER_USER}`;
const UNREAD_MENTIONS = `(SELECT count(DISTINCT x.seq) FROM mentions x WHERE x.tenant_id = m.tenant_id AND x.room_no = m.room_no AND x.user_no IN (0, m.user_no) AND x.seq > m.read_seq AND x.sender_no <> m.user_no)`;
const LISTED = `(m.hidden_seq IS NULL OR h.last_seq > m.hidden_seq)`;
const ARCHIVED = `(m.archived_seq IS NOT NULL AND h.last_seq <= m.archived_seq)`;

type ViewRow = RoomRow & MemberRow & { unread_mentions: number };

export function roomsSection(tx: Tx): Rooms {
  const { run, tenantId } = tx;
  const accesses: Rooms['accesses'] = async (pairs) => {
    if (pairs.length === 0) return [];
    const rows = await run<RoomRow & MemberRow & BanRow & { ord: number }>(
      `SELECT q.ord, ${ROOM_COLUMNS}, ${MEMBER_COLUMNS}, ${BAN_COLUMNS}
       FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS q(id, user_no, ord)
       JOIN rooms r ON r.tenant_id = $1 AND r.id = q.id
       JOIN room_heads h ON h.tenant_id = r.tenant_id AND h.room_no = r.no
       LEFT JOIN users c ON c.tenant_id = r.tenant_id AND c.no = r.created_by
       LEFT JOIN members m ON m.tenant_id = r.tenant_id AND m.room_no = r.no AND m.user_no = q.user_no
       LEFT JOIN ${MEMBER_USER}
       LEFT JOIN bans b ON b.tenant_id = r.tenant_id AND b.room_no = r.no AND b.user_no = q.user_no AND b.lifted_at IS NULL ${BAN_JOINS}`,
      [tenantId, pairs.map(({ id }) => id), pairs.map(({ userNo }) => userNo)],
    );
    const found: (RoomAccess | undefined)[] = pairs.map(() => undefined);
    for (const row of rows) found[row.ord - 1] = { room: toRoom(row), member: toMember(row, row.id), ban: toBan(row) };
    return found;
  };
  const access = async (id: string, userNo: UserNo): Promise<RoomAccess | undefined> => (await accesses([{ id, userNo }]))[0];
  return {
    access,
    accesses,
    byId: async (id) => {
      const [row] = await run<RoomRow>(`SELECT ${ROOM_COLUMNS} FROM ${ROOM_TABLES} WHERE r.tenant_id = $1 AND r.id = $2`, [tenantId, id]);
      return row && toRoom(row);
    },
    byPair: async ([low, high]) => {
      const [row] = await run<RoomRow>(
        `SELECT ${ROOM_COLUMNS} FROM ${ROOM_TABLES} WHERE r.tenant_id = $1 AND r.pair_low = $2 AND r.pair_high = $3`,
        [tenantId, low, high],
      );
      return row && toRoom(row);
    },
    isSameDraft: async (no, draft) => {
      const [row] = await run<{ same: boolean }>('SELECT draft_hash = $3 AS same FROM rooms WHERE tenant_id = $1 AND no = $2', [
        tenantId,
        no,
        draftHash(draft),
      ]);
      return row?.same ?? false;
    },
    sendFacts: async (id, userNo) => sendFacts(tx, await access(id, userNo), userNo),
    view: async (id, userNo) => {
      const rows = await run<ViewRow>(
        `SELECT ${ROOM_COLUMNS}, ${MEMBER_COLUMNS}, ${UNREAD_MENTIONS} AS unread_mentions FROM ${WITH_ME} WHERE r.tenant_id = $1 AND r.id = $3`,
        [tenantId, userNo ?? 0, id],
      );
      return (await views(tx, rows, userNo))[0];
    },
    listOf: (userNo, filter, page) => listOf(tx, userNo, filter, page),
    list: (filter, page) => listAll(tx, filter, page),
    startOf: (userNos, limit) => startOf(tx, userNos, limit),
  };
}

/**
 * Memberships of each user of `$2`, newest activity first, at most `$3`. The order in which tables are read is fixed: with
 * no statistics yet the planner takes a tenant for a handful of rooms, and looks for each user in all of them.
 */
const STARTING = `SELECT q.ord, x.* FROM unnest($2::bigint[]) WITH ORDINALITY AS q(user_no, ord), LATERAL (
     SELECT r.no, r.id, h.epoch, h.pts, h.floor_pts, h.last_seq, m.read_seq, ${LISTED} AS is_listed,
       CASE WHEN r.settings ->> 'historyVisibility' = 'since-join' THEN m.joined_pts - 1 ELSE 0 END AS hidden_pts
     FROM (SELECT * FROM members WHERE tenant_id = $1 AND user_no = q.user_no AND status = 'member' OFFSET 0) m
     CROSS JOIN LATERAL (SELECT * FROM rooms WHERE tenant_id = $1 AND no = m.room_no OFFSET 0) r
     CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE tenant_id = $1 AND room_no = m.room_no OFFSET 0) h
     ORDER BY h.last_at DESC, r.no DESC LIMIT $3) x ORDER BY q.ord`;
const UNREAD = `SELECT coalesce(sum(GREATEST(h.last_seq - m.read_seq, 0)), 0)::bigint AS unread
   FROM (SELECT * FROM members WHERE tenant_id = $1 AND user_no = $2 AND status = 'member' OFFSET 0) m
   CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE tenant_id = $1 AND room_no = m.room_no OFFSET 0) h`;

interface StartRow {
  ord: number;
  no: number;
  id: string;
  epoch: number;
  pts: number;
  floor_pts: number;
  last_seq: number;
  read_seq: number;
  hidden_pts: number;
  is_listed: boolean;
}

async function startOf({ run, tenantId }: Tx, userNos: readonly UserNo[], limit: number): Promise<readonly Start[]> {
  const users = await run<{ version: number; user_pts: number }>(
    `SELECT coalesce(u.version, 0) AS version, coalesce(u.user_pts, 0) AS user_pts
     FROM unnest($2::bigint[]) WITH ORDINALITY AS q(user_no, ord) LEFT JOIN users u ON u.tenant_id = $1 AND u.no = q.user_no ORDER BY q.ord`,
    [tenantId, userNos],
  );
  const rooms: JoinedRoom[][] = userNos.map(() => []);
  for (const row of await run<StartRow>(STARTING, [tenantId, userNos, limit])) {
    const { ord, no, id, epoch, pts, floor_pts: floorPts, last_seq: lastSeq, read_seq: readSeq } = row;
    rooms[ord - 1]?.push({ no, id, epoch, pts, floorPts, lastSeq, readSeq, hiddenPts: row.hidden_pts, isListed: row.is_listed });
  }
  const starts: Start[] = [];
  for (const [index, { version, user_pts }] of users.entries()) {
    const own = rooms[index] ?? [];
    // Only who is in more rooms than are listed has unread messages that were not counted here.
    const [sum] = own.length < limit ? [] : await run<{ unread: number }>(UNREAD, [tenantId, userNos[index]]);
    const unreadTotal = sum?.unread ?? own.reduce((total, { lastSeq, readSeq }) => total + Math.max(0, lastSeq - readSeq), 0);
    starts.push({ userVersion: version, userPts: user_pts, unreadTotal, rooms: own });
  }
  return starts;
}

async function sendFacts(tx: Tx, access: RoomAccess | undefined, userNo: UserNo): Promise<SendFacts | undefined> {
  if (!access) return undefined;
  const { run, tenantId } = tx;
  const tenant = await ownTenantSection(tx).get();
  const pair = access.room.pair;
  const peerNo = pair?.find((no) => no !== userNo);
  const users = await run<UserRow>(`SELECT ${USER_COLUMNS} FROM users u WHERE u.tenant_id = $1 AND u.no = ANY($2::bigint[])`, [
    tenantId,
    peerNo === undefined ? [userNo] : [userNo, peerNo],
  ]);
  const sender = users.find(({ no }) => no === userNo);
  const peer = users.find(({ no }) => no === peerNo);
  if (!tenant || !sender) return undefined;
  const tenantBan = await bansSection(tx).tenantBan(userNo);
  const facts = { ...access, tenant, sender: toUser(sender), tenantBan };
  return peer ? { ...facts, peer: { user: toUser(peer), ...(await relation(tx, userNo, peer.no)) } } : facts;
}

async function relation({ run, tenantId }: Tx, userNo: UserNo, peerNo: UserNo) {
  const [row] = await run<{ blocks: boolean; blocked: boolean; friend: boolean }>(
    `SELECT EXISTS (SELECT FROM blocks WHERE tenant_id = $1 AND user_no = $3 AND peer_no = $2) AS blocks,
       EXISTS (SELECT FROM blocks WHERE tenant_id = $1 AND user_no = $2 AND peer_no = $3) AS blocked,
       EXISTS (SELECT FROM contacts WHERE tenant_id = $1 AND user_no = $2 AND peer_no = $3 AND status = 'accepted') AS friend`,
    [tenantId, userNo, peerNo],
  );
  return { blocksSender: row?.blocks ?? false, isBlockedBySender: row?.blocked ?? false, isFriend: row?.friend ?? false };
}

/** Last messages and peers are read once for the page. */
async function views({ run, tenantId }: Tx, rows: readonly ViewRow[], userNo: UserNo | undefined): Promise<RoomView[]> {
  if (rows.length === 0) return [];
  const reader = new LogReader((_, text, values) => run(text, values));
  const last = await run<LogRow & { room_no: number }>(
    `SELECT ${LOG_COLUMNS}, l.room_no FROM unnest($2::bigint[], $3::bigint[]) AS q(room_no, seq) JOIN room_log l ON l.tenant_id = $1 AND l.room_no = q.room_no AND l.seq = q.seq`,
    [tenantId, rows.map(({ no }) => no), rows.map(({ last_seq }) => last_seq)],
  );
  const peerNos = rows.flatMap(({ pair_low, pair_high }) =>
    userNo === undefined ? [] : [pair_low, pair_high].filter((no) => no !== null && no !== userNo),
  );
  const peers =
    peerNos.length === 0
      ? []
      : await run<UserRow>(`SELECT ${USER_COLUMNS} FROM users u WHERE u.tenant_id = $1 AND u.no = ANY($2::bigint[])`, [tenantId, peerNos]);
  const result: RoomView[] = [];
  for (const row of rows) {
    const isSeen =
      row.settings.historyVisibility === 'all' || userNo === undefined || row.m_user_no === null || row.last_seq > row.m_joined_seq;
    const message = isSeen ? last.find(({ room_no }) => room_no === row.no) : undefined;
    const peer = peers.find(({ no }) => no === row.pair_low || no === row.pair_high);
    result.push({
      room: toRoom(row),
      me: userNo === undefined ? undefined : toMember(row, row.id),
      unreadMentions: row.unread_mentions,
      peer: peer && row.pair_low !== null ? toUser(peer) : undefined,
      lastMessage: message && (await reader.messagesIn(toRoom(row), [message]))[0],
    });
  }
  return result;
}

async function listOf(tx: Tx, userNo: UserNo, filter: RoomFilter, { limit, after }: PageRequest): Promise<Page<RoomView>> {
  const rows = await tx.run<ViewRow & { at_us: number }>(
    `SELECT ${ROOM_COLUMNS}, ${MEMBER_COLUMNS}, ${UNREAD_MENTIONS} AS unread_mentions, (extract(epoch FROM h.last_at) * 1000000)::bigint AS at_us
     FROM ${ROOM_TABLES} JOIN members m ON m.tenant_id = r.tenant_id AND m.room_no = r.no AND m.user_no = $2 JOIN ${MEMBER_USER}
     WHERE m.tenant_id = $1 AND m.status = 'member' AND ${LISTED}
       AND ($3::text IS NULL OR r.kind = $3) AND ($4::boolean IS NULL OR ${ARCHIVED} = $4) AND ($5::boolean IS NULL OR (h.last_seq > m.read_seq) = $5)
       AND ($6::text IS NULL OR r.name ILIKE '%' || $6 || '%' OR r.id ILIKE $6 || '%')
       AND ($7::bigint IS NULL OR EXISTS (SELECT FROM members o WHERE o.tenant_id = r.tenant_id AND o.room_no = r.no AND o.user_no = $7 AND o.status = 'member'))
       AND ($8::bigint IS NULL OR ((extract(epoch FROM h.last_at) * 1000000)::bigint, r.no) < ($8, $9::bigint))
     ORDER BY at_us DESC, r.no DESC LIMIT $10`,
    [tx.tenantId, userNo, ...filterValues(filter), after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  const page = pageOf(rows, limit, (row) => [row.at_us, row.no]);
  return { ...page, items: await views(tx, page.items, userNo) };
}

async function listAll(tx: Tx, filter: RoomFilter, { limit, after }: PageRequest): Promise<Page<RoomView>> {
  const [kind, , , q, memberNo] = filterValues(filter);
  const rows = await tx.run<ViewRow>(
    `SELECT ${ROOM_COLUMNS}, ${MEMBER_COLUMNS}, 0 AS unread_mentions
     FROM ${ROOM_TABLES} LEFT JOIN members m ON false LEFT JOIN ${MEMBER_USER}
     WHERE h.tenant_id = $1 AND ($2::text IS NULL OR r.kind = $2) AND ($3::text IS NULL OR r.name ILIKE '%' || $3 || '%' OR r.id ILIKE $3 || '%')
       AND ($4::bigint IS NULL OR EXISTS (SELECT FROM members o WHERE o.tenant_id = r.tenant_id AND o.room_no = r.no AND o.user_no = $4 AND o.status = 'member'))
       AND ($5::timestamptz IS NULL OR (h.active_at, h.room_no) < ($5, $6::bigint))
     ORDER BY h.active_at DESC, h.room_no DESC LIMIT $7`,
    [tx.tenantId, kind, q, memberNo, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  const page = pageOf(rows, limit, (row) => [row.active_at.toISOString(), row.no]);
  return { ...page, items: await views(tx, page.items, undefined) };
}

const filterValues = ({ kind, archived, unread, q, memberNo }: RoomFilter) =>
  [kind ?? null, archived ?? null, unread ?? null, q === undefined ? null : escapeLike(q), memberNo ?? null] as const;
