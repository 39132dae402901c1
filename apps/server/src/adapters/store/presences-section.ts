import type { PresenceRecord, PresenceWish, Presences } from '@parley/domain';
import type { Tx } from './tx.js';

interface PresenceRow {
  readonly wish: PresenceWish | null;
  readonly changed_at: Date | null;
  readonly last_seen_at: Date | null;
}

const HIDDEN = `('invisible', 'offline')`;

/** Two users share something when they are in one room, or friends; and the one who is looked at has not blocked the other. */
const SHARE = `
  NOT EXISTS (SELECT FROM blocks b WHERE b.tenant_id = $1 AND b.user_no = q.user_no AND b.peer_no = q.viewer_no)
  AND (
    EXISTS (SELECT FROM contacts c WHERE c.tenant_id = $1 AND c.user_no = q.viewer_no AND c.peer_no = q.user_no AND c.status = 'accepted')
    OR EXISTS (
      SELECT FROM members a JOIN members b ON b.tenant_id = $1 AND b.room_no = a.room_no AND b.user_no = q.user_no AND b.status = 'member'
      WHERE a.tenant_id = $1 AND a.user_no = q.viewer_no AND a.status = 'member'
    )
  )`;

export function presencesSection({ run, tenantId }: Tx): Presences {
  return {
    of: async (userNos) => {
      const rows = await run<PresenceRow>(
        `SELECT p.wish, p.changed_at, p.last_seen_at FROM unnest($2::bigint[]) WITH ORDINALITY AS q(no, ord)
         LEFT JOIN presences p ON p.tenant_id = $1 AND p.user_no = q.no ORDER BY q.ord`,
        [tenantId, userNos],
      );
      return rows.map(toRecord);
    },
    wish: async (userNo, wish) => {
      const [row] = await run<PresenceRow>(
        `INSERT INTO presences AS p (tenant_id, user_no, wish, changed_at, last_seen_at)
         VALUES ($1, $2, $3::text, clock_timestamp(), CASE WHEN $3::text IN ${HIDDEN} THEN clock_timestamp() END)
         ON CONFLICT (tenant_id, user_no) DO UPDATE SET wish = excluded.wish, changed_at = excluded.changed_at,
           last_seen_at = CASE WHEN excluded.wish IN ${HIDDEN} AND p.wish NOT IN ${HIDDEN} THEN excluded.changed_at ELSE p.last_seen_at END
         RETURNING p.wish, p.changed_at, p.last_seen_at`,
        [tenantId, userNo, wish],
      );
      return toRecord(row);
    },
    seen: async (entries) => {
      const sorted = [...entries].sort((a, b) => a.userNo - b.userNo);
      await run(
        `INSERT INTO presences AS p (tenant_id, user_no, last_seen_at)
         SELECT $1, q.no, q.at FROM unnest($2::bigint[], $3::timestamptz[]) AS q(no, at)
         ON CONFLICT (tenant_id, user_no) DO UPDATE SET last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at)
         WHERE p.wish NOT IN ${HIDDEN}`,
        [tenantId, sorted.map(({ userNo }) => userNo), sorted.map(({ at }) => at)],
      );
    },
    areVisible: async (pairs) => {
      const rows = await run<{ is_visible: boolean }>(
        `SELECT q.viewer_no = q.user_no OR (${SHARE}) AS is_visible
         FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS q(viewer_no, user_no, ord) ORDER BY q.ord`,
        [tenantId, pairs.map(({ viewerNo }) => viewerNo), pairs.map(({ userNo }) => userNo)],
      );
      return rows.map((row) => row.is_visible);
    },
  };
}

function toRecord(row: PresenceRow | undefined): PresenceRecord {
  return { wish: row?.wish ?? 'online', changedAt: row?.changed_at ?? undefined, lastSeenAt: row?.last_seen_at ?? undefined };
}
