import { pageOf, type Caller, type OwnTenant, type Tenant, type TenantFigures, type Tenants, type UserId } from '@parley/domain';
import { BAN_COLUMNS, BAN_JOINS, escapeLike, toBan, toUser, USER_COLUMNS, type BanRow, type UserRow } from '../postgres/rows.js';
import { TenantEntity } from './entities.js';
import type { Tx } from './tx.js';

/** Beyond this a figure is an estimate or a bound: no page counts a big table. */
const COUNT_MAX = 100_000;

export function ownTenantSection({ manager, run, tenantId }: Tx): OwnTenant {
  const get = async (): Promise<Tenant | undefined> => {
    const row = await manager.findOneBy(TenantEntity, { id: tenantId });
    return row ? toTenant(row) : undefined;
  };
  const callers = async (userIds: readonly UserId[]): Promise<Caller[]> => {
    const tenant = await get();
    if (!tenant) return [];
    const rows = await run<UserRow & BanRow>(
      `SELECT ${USER_COLUMNS}, ${BAN_COLUMNS} FROM users u
       LEFT JOIN bans b ON b.tenant_id = u.tenant_id AND b.user_no = u.no AND b.room_no = 0 AND b.lifted_at IS NULL ${BAN_JOINS}
       WHERE u.tenant_id = $1 AND u.id = ANY($2::text[])`,
      [tenantId, userIds],
    );
    const byId = new Map(rows.map((row) => [row.id, { tenant, user: toUser(row), ban: toBan(row) }]));
    return userIds.map((userId) => byId.get(userId) ?? { tenant });
  };
  return {
    get,
    callers,
    caller: async (userId) => (await callers([userId]))[0],
    figures: async () => {
      const [row] = await run<TenantFigures>(
        `SELECT (SELECT count(*) FROM (SELECT FROM users WHERE tenant_id = $1 LIMIT ${COUNT_MAX}) x) AS users,
           (SELECT count(*) FROM (SELECT FROM rooms WHERE tenant_id = $1 AND dissolved_at IS NULL LIMIT ${COUNT_MAX}) x) AS rooms,
           (SELECT coalesce(sum(last_seq), 0)::bigint FROM (SELECT last_seq FROM room_heads WHERE tenant_id = $1 LIMIT ${COUNT_MAX}) x) AS messages,
           (SELECT count(*) FROM (SELECT FROM bans WHERE tenant_id = $1 AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > now()) LIMIT ${COUNT_MAX}) x) AS bans`,
        [tenantId],
      );
      return row ?? { users: 0, rooms: 0, messages: 0, bans: 0 };
    },
  };
}

export function tenantsSection({ manager, run }: Tx): Tenants {
  const get = async (id: string): Promise<Tenant | undefined> => {
    const row = await manager.findOneBy(TenantEntity, { id });
    return row ? toTenant(row) : undefined;
  };
  return {
    get,
    insert: async ({ id, name, settings }) => {
      const inserted = await run<{ id: string }>(
        'INSERT INTO tenants (id, name, settings) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id',
        [id, name, JSON.stringify(settings)],
      );
      return inserted.length === 0 ? undefined : get(id);
    },
    list: async ({ q, status, only }, { limit, after }) => {
      const query = manager.createQueryBuilder(TenantEntity, 't').where('true');
      if (q !== undefined)
        query.andWhere('(t.id ILIKE :prefix OR t.name ILIKE :part)', { prefix: `${escapeLike(q)}%`, part: `%${escapeLike(q)}%` });
      if (status !== undefined) query.andWhere('t.status = :status', { status });
      if (only) query.andWhere('t.id = ANY(:only)', { only: [...only] });
      if (after) query.andWhere('t.id > :after', { after: after[0] });
      const rows = await query
        .orderBy('t.id')
        .take(limit + 1)
        .getMany();
      return pageOf(rows.map(toTenant), limit, ({ id }) => [id]);
    },
    update: async (id, { name, settings, status }) => {
      await run(
        `UPDATE tenants SET name = coalesce($2, name), settings = coalesce($3, settings), status = coalesce($4, status), version = version + 1, updated_at = now(),
           suspended_at = CASE WHEN $4 = 'suspended' THEN coalesce(suspended_at, now()) WHEN $4 = 'active' THEN NULL ELSE suspended_at END WHERE id = $1`,
        [id, name ?? null, settings ? JSON.stringify(settings) : null, status ?? null],
      );
      return get(id);
    },
    versionsOf: async (ids) => {
      const rows = await run<{ version: number | null }>(
        'SELECT t.version FROM unnest($1::text[]) WITH ORDINALITY AS q(id, ord) LEFT JOIN tenants t ON t.id = q.id ORDER BY q.ord',
        [ids],
      );
      return rows.map(({ version }) => version ?? undefined);
    },
    figures: async () => {
      const [row] = await run<{ tenants: number; suspended: number } & TenantFigures>(
        `SELECT (SELECT count(*) FROM tenants) AS tenants, (SELECT count(*) FROM tenants WHERE status = 'suspended') AS suspended,
           (SELECT count(*) FROM (SELECT FROM users LIMIT ${COUNT_MAX}) x) AS users,
           (SELECT count(*) FROM (SELECT FROM room_heads LIMIT ${COUNT_MAX}) x) AS rooms,
           (SELECT coalesce(sum(last_seq), 0)::bigint FROM (SELECT last_seq FROM room_heads LIMIT ${COUNT_MAX}) x) AS messages,
           (SELECT count(*) FROM (SELECT FROM bans WHERE lifted_at IS NULL LIMIT ${COUNT_MAX}) x) AS bans`,
        [],
      );
      const { tenants = 0, suspended = 0, users = 0, rooms = 0, messages = 0, bans = 0 } = row ?? {};
      return { tenants, suspendedTenants: suspended, totals: { users, rooms, messages, bans } };
    },
  };
}

export function toTenant(row: TenantEntity): Tenant {
  const { id, name, status, settings, version, createdAt, updatedAt, suspendedAt } = row;
  return { id, name, status, settings, version: Number(version), createdAt, updatedAt, suspendedAt: suspendedAt ?? undefined };
}
