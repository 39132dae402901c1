import {
  pageOf,
  RECEIPTS_MEMBERS_MAX,
  type Cursor,
  type Member,
  type Members,
  type Receipts,
  type RoomNo,
  type UserNo,
} from '@parley/domain';
import { MEMBER_COLUMNS, MEMBER_USER, toMember, type MemberRow } from '../postgres/rows.js';
import type { Tx } from './tx.js';

const FROM = `FROM members m JOIN ${MEMBER_USER} JOIN rooms r ON r.tenant_id = m.tenant_id AND r.no = m.room_no`;
/** Lists put owners first; who inherits a room is decided by rank (D11). */
const LIST_RANK = `CASE m.role WHEN 'owner' THEN 0 ELSE 1 END`;
const RANK = `CASE m.role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END`;
type Row = MemberRow & { room_id: string };

export function membersSection({ run, tenantId }: Tx): Members {
  const one = async (text: string, values: readonly unknown[]): Promise<Member | undefined> => {
    const [row] = await run<Row>(`SELECT ${MEMBER_COLUMNS}, r.id AS room_id ${FROM} ${text}`, [tenantId, ...values]);
    return row && toMember(row, row.room_id);
  };
  return {
    get: (roomNo, userNo) => one('WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.user_no = $3', [roomNo, userNo]),
    list: async (roomNo, { limit, after }) => {
      const rows = await run<Row & { rank: number }>(
        `SELECT ${MEMBER_COLUMNS}, r.id AS room_id, ${LIST_RANK} AS rank ${FROM}
         WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.status = 'member' AND ($3::int IS NULL OR (${LIST_RANK}, m.joined_pts, m.user_no) > ($3, $4::bigint, $5::bigint))
         ORDER BY rank, m.joined_pts, m.user_no LIMIT $6`,
        [tenantId, roomNo, after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null, limit + 1],
      );
      const page = pageOf(rows, limit, (row) => [row.rank, row.m_joined_pts, row.m_user_no ?? 0]);
      return { ...page, items: page.items.flatMap((row) => toMember(row, row.room_id) ?? []) };
    },
    heir: (roomNo, exceptNo) =>
      one(
        `WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.status = 'member' AND m.user_no <> $3 ORDER BY ${RANK}, m.joined_pts, m.user_no LIMIT 1`,
        [roomNo, exceptNo],
      ),
    countOwners: async (roomNo) => {
      const [row] = await run<{ n: number }>(
        `SELECT count(*) AS n FROM members WHERE tenant_id = $1 AND room_no = $2 AND status = 'member' AND role = 'owner'`,
        [tenantId, roomNo],
      );
      return row?.n ?? 0;
    },
    mark: async (roomNo, userNo, kind, seq) => {
      const [moved] = await run<{ last_seq: number; moved: boolean }>(
        `WITH h AS (SELECT last_seq, LEAST($4::bigint, last_seq) AS seq FROM room_heads WHERE tenant_id = $1 AND room_no = $2),
         before AS (SELECT read_seq, delivered_seq FROM members WHERE tenant_id = $1 AND room_no = $2 AND user_no = $3 AND status = 'member' FOR UPDATE)
         UPDATE members m
         SET read_seq = CASE WHEN $5 THEN GREATEST(m.read_seq, h.seq) ELSE m.read_seq END,
             delivered_seq = GREATEST(m.delivered_seq, h.seq),
             marked_unread = m.marked_unread AND NOT $5
         FROM h, before
         WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.user_no = $3 AND m.status = 'member'
         RETURNING h.last_seq, CASE WHEN $5 THEN before.read_seq < h.seq ELSE before.delivered_seq < h.seq END AS moved`,
        [tenantId, roomNo, userNo, seq, kind === 'read'],
      ).then(firstOfUpdate);
      const member = moved && (await one('WHERE m.tenant_id = $1 AND m.room_no = $2 AND m.user_no = $3', [roomNo, userNo]));
      return member && { member, lastSeq: moved.last_seq, hasMoved: moved.moved };
    },
    receipts: async (roomNo, userNo) => (await receiptsOf(run, tenantId, [{ roomNo, userNo }]))[0] ?? { cursors: [], memberCount: 0 },
    receiptsOf: (pairs) => receiptsOf(run, tenantId, pairs),
  };
}

interface CursorRow {
  room_no: number;
  user_no: number;
  id: string;
  read_seq: number;
  delivered_seq: number;
}

/** Rooms that several ask for are read once; where members are many, each sees its own cursor only. */
async function receiptsOf(
  run: Tx['run'],
  tenantId: string,
  pairs: readonly { readonly roomNo: RoomNo; readonly userNo: UserNo }[],
): Promise<readonly Receipts[]> {
  if (pairs.length === 0) return [];
  const heads = await run<{ room_no: number; member_count: number }>(
    `SELECT h.room_no, h.member_count FROM room_heads h WHERE h.tenant_id = $1 AND h.room_no = ANY($2::bigint[])`,
    [tenantId, [...new Set(pairs.map(({ roomNo }) => roomNo))]],
  );
  const counts = new Map(heads.map((row) => [row.room_no, row.member_count]));
  const isSmall = (roomNo: RoomNo): boolean => (counts.get(roomNo) ?? 0) <= RECEIPTS_MEMBERS_MAX;
  const small = [...counts.keys()].filter(isSmall);
  const own = pairs.filter(({ roomNo }) => !isSmall(roomNo));
  const rows = await run<CursorRow>(
    `SELECT m.room_no, m.user_no, u.id, m.read_seq, m.delivered_seq FROM members m JOIN users u ON u.tenant_id = m.tenant_id AND u.no = m.user_no
     WHERE m.tenant_id = $1 AND m.status = 'member' AND m.room_no = ANY($2::bigint[])
     UNION ALL
     SELECT m.room_no, m.user_no, u.id, m.read_seq, m.delivered_seq FROM unnest($3::bigint[], $4::bigint[]) AS q(room_no, user_no)
     JOIN members m ON m.tenant_id = $1 AND m.room_no = q.room_no AND m.user_no = q.user_no AND m.status = 'member'
     JOIN users u ON u.tenant_id = m.tenant_id AND u.no = m.user_no
     ORDER BY 1, 2`,
    [tenantId, small, own.map(({ roomNo }) => roomNo), own.map(({ userNo }) => userNo)],
  );
  const byRoom = Map.groupBy(rows, (row) => row.room_no);
  const cursorOf = (row: CursorRow): Cursor => ({ userId: row.id, readSeq: row.read_seq, deliveredSeq: row.delivered_seq });
  const shared = new Map(small.map((roomNo) => [roomNo, (byRoom.get(roomNo) ?? []).map(cursorOf)]));
  return pairs.map(({ roomNo, userNo }) => ({
    cursors: shared.get(roomNo) ?? (byRoom.get(roomNo) ?? []).filter((row) => row.user_no === userNo).map(cursorOf),
    memberCount: counts.get(roomNo) ?? 0,
  }));
}

/** TypeORM answers an UPDATE with `[rows, count]`. */
function firstOfUpdate<T>(answer: readonly T[] | readonly [readonly T[], number]): readonly T[] {
  const [first] = answer;
  return Array.isArray(first) ? first : (answer as readonly T[]);
}
