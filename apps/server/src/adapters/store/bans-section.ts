import { pageOf, type Bans } from '@parley/domain';
import { BAN_COLUMNS, BAN_JOINS, toBan, type BanRow } from '../postgres/rows.js';
import type { Tx } from './tx.js';

const IN_FORCE = `b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())`;

export function bansSection({ run, tenantId }: Tx): Bans {
  return {
    tenantBan: async (userNo) => {
      const [row] = await run<BanRow>(
        `SELECT ${BAN_COLUMNS} FROM bans b ${BAN_JOINS} WHERE b.tenant_id = $1 AND b.user_no = $2 AND b.room_no = 0 AND b.lifted_at IS NULL`,
        [tenantId, userNo],
      );
      return row && toBan(row);
    },
    list: async ({ roomNo, scope, userNo }, { limit, after }) => {
      const rows = await run<BanRow>(
        `SELECT ${BAN_COLUMNS} FROM bans b ${BAN_JOINS}
         WHERE b.tenant_id = $1 AND ${IN_FORCE}
           AND ($2::bigint IS NULL OR b.room_no = $2) AND ($3::bigint IS NULL OR b.user_no = $3)
           AND ($4::text IS NULL OR (b.room_no = 0) = ($4 = 'tenant'))
           AND ($5::timestamptz IS NULL OR (b.created_at, b.id) < ($5, $6::uuid))
         ORDER BY b.created_at DESC, b.id DESC LIMIT $7`,
        [tenantId, roomNo ?? null, userNo ?? null, scope ?? null, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
      );
      const bans = rows.flatMap((row) => toBan(row) ?? []);
      return pageOf(bans, limit, (ban) => [ban.createdAt.toISOString(), ban.id]);
    },
  };
}
