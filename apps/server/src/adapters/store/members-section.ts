import { pageOf, RECEIPTS_MEMBERS_MAX, type Member, type Members } from '@parley/domain';
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
    unreadTotal: async (userNo) => {
      const [row] = await run<{ n: number | null }>(
        `SELECT sum(GREATEST(h.last_seq - m.read_seq, 0))::bigint AS n FROM members m JOIN room_heads h ON h.tenant_id = m.tenant_id AND h.room_no = m.room_no
         WHERE m.tenant_id = $1 AND m.user_no = $2 AND m.status = 'member'`,
        [tenantId, userNo],
      );
      return row?.n ?? 0;
    },
    receipts: async (roomNo, userNo) => {
      const rows = await run<{ id: string; read_seq: number; delivered_seq: number; member_count: number }>(
        `SELECT u.id, m.read_seq, m.delivered_seq, h.member_count
         FROM room_heads h JOIN members m ON m.tenant_id = h.tenant_id AND m.room_no = h.room_no AND m.status = 'member' AND (h.member_count <= $4 OR m.user_no = $3)
         JOIN users u ON u.tenant_id = m.tenant_id AND u.no = m.user_no
         WHERE h.tenant_id = $1 AND h.room_no = $2 ORDER BY m.user_no`,
        [tenantId, roomNo, userNo, RECEIPTS_MEMBERS_MAX],
      );
      return {
        cursors: rows.map((row) => ({ userId: row.id, readSeq: row.read_seq, deliveredSeq: row.delivered_seq })),
        memberCount: rows[0]?.member_count ?? 0,
      };
    },
  };
}

/** TypeORM answers an UPDATE with `[rows, count]`. */
function firstOfUpdate<T>(answer: readonly T[] | readonly [readonly T[], number]): readonly T[] {
  const [first] = answer;
  return Array.isArray(first) ? first : (answer as readonly T[]);
}
