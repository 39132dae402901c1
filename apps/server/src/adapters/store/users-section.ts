import { pageOf, type User, type UserNo, type Users } from '@parley/domain';
import { escapeLike, toUser, USER_COLUMNS, type UserRow } from '../postgres/rows.js';
import type { Tx } from './tx.js';

export function usersSection({ run, tenantId }: Tx): Users {
  const byNo = async (no: UserNo): Promise<User | undefined> => {
    const [row] = await run<UserRow>(`SELECT ${USER_COLUMNS} FROM users u WHERE u.tenant_id = $1 AND u.no = $2`, [tenantId, no]);
    return row && toUser(row);
  };
  const byIds = async (ids: readonly string[]): Promise<User[]> => {
    if (ids.length === 0) return [];
    const rows = await run<UserRow>(`SELECT ${USER_COLUMNS} FROM users u WHERE u.tenant_id = $1 AND u.id = ANY($2::text[]) ORDER BY u.id`, [
      tenantId,
      ids,
    ]);
    return rows.map(toUser);
  };
  return {
    byId: async (id) => (await byIds([id]))[0],
    byIds,
    headsOf: async (userNos) => {
      const rows = await run<{ user_pts: number; version: number }>(
        `SELECT coalesce(u.user_pts, 0) AS user_pts, coalesce(u.version, 0) AS version FROM unnest($2::bigint[]) WITH ORDINALITY AS q(no, ord) LEFT JOIN users u ON u.tenant_id = $1 AND u.no = q.no ORDER BY q.ord`,
        [tenantId, userNos],
      );
      return rows.map(({ user_pts: userPts, version: userVersion }) => ({ userPts, userVersion }));
    },
    ensure: async (users) => {
      const sorted = [...new Map(users.map((user) => [user.id, user])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      if (sorted.length > 0) {
        await run(
          `INSERT INTO users (tenant_id, id, name, image, metadata)
           SELECT $1, n.id, n.name, n.image, n.metadata FROM unnest($2::text[], $3::text[], $4::text[], $5::jsonb[]) AS n(id, name, image, metadata)
           WHERE NOT EXISTS (SELECT FROM users u WHERE u.tenant_id = $1 AND u.id = n.id)
           ON CONFLICT (tenant_id, id) DO NOTHING`,
          [
            tenantId,
            sorted.map(({ id }) => id),
            sorted.map(({ name }) => name),
            sorted.map(({ image }) => image ?? null),
            sorted.map(({ metadata }) => JSON.stringify(metadata ?? {})),
          ],
        );
      }
      return byIds(sorted.map(({ id }) => id));
    },
    update: async (no, { name, image, metadata, directFrom }) => {
      await run(
        `UPDATE users SET name = coalesce($3, name), image = CASE WHEN $4 THEN $5 ELSE image END, metadata = coalesce($6, metadata), direct_from = coalesce($7, direct_from), updated_at = now()
         WHERE tenant_id = $1 AND no = $2`,
        [tenantId, no, name ?? null, image !== undefined, image ?? null, metadata ? JSON.stringify(metadata) : null, directFrom ?? null],
      );
      return byNo(no);
    },
    setDeactivated: async (no, isDeactivated) => {
      await run(
        `UPDATE users SET deactivated_at = CASE WHEN $3 THEN coalesce(deactivated_at, now()) END, version = version + 1, updated_at = now() WHERE tenant_id = $1 AND no = $2`,
        [tenantId, no, isDeactivated],
      );
      return byNo(no);
    },
    list: async ({ q, banned, deactivated }, { limit, after }) => {
      const rows = await run<UserRow>(
        `SELECT ${USER_COLUMNS} FROM users u
         WHERE u.tenant_id = $1 AND ($2::text IS NULL OR u.id ILIKE $2 || '%' OR u.name ILIKE '%' || $2 || '%')
           AND ($3::boolean IS NULL OR (u.deactivated_at IS NOT NULL) = $3)
           AND ($4::boolean IS NULL OR EXISTS (SELECT FROM bans b WHERE b.tenant_id = u.tenant_id AND b.user_no = u.no AND b.room_no = 0 AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())) = $4)
           AND ($5::text IS NULL OR u.id COLLATE "C" > $5)
         ORDER BY u.id COLLATE "C" LIMIT $6`,
        [tenantId, q === undefined ? null : escapeLike(q), deactivated ?? null, banned ?? null, after?.[0] ?? null, limit + 1],
      );
      return pageOf(rows.map(toUser), limit, ({ id }) => [id]);
    },
  };
}
