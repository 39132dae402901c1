import { pageOf, type Operator, type Operators, type OperatorSession, type OperatorToken } from '@parley/domain';
import { In, IsNull, Not } from 'typeorm';
import { OperatorEntity, OperatorGrantEntity, OperatorSessionEntity, OperatorTokenEntity } from './entities.js';
import type { Tx } from './tx.js';

export function operatorsSection({ manager, run }: Tx): Operators {
  const withGrants = async (rows: readonly OperatorEntity[]): Promise<Operator[]> => {
    const grants = await manager.findBy(OperatorGrantEntity, { operatorId: In(rows.map(({ id }) => id)) });
    return rows.map((row) =>
      toOperator(
        row,
        grants.filter(({ operatorId }) => operatorId === row.id),
      ),
    );
  };
  const one = async (row: OperatorEntity | null): Promise<Operator | undefined> => (row ? (await withGrants([row]))[0] : undefined);
  const byId = async (id: string): Promise<Operator | undefined> => one(await manager.findOneBy(OperatorEntity, { id }));
  return {
    byId,
    insert: async ({ id, email, name, passwordHash, mustChangePassword }) => {
      const inserted = await run<{ id: string }>(
        'INSERT INTO operators (id, email, name, password_hash, must_change_password) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id',
        [id, email, name, passwordHash, mustChangePassword],
      );
      return inserted.length === 0 ? undefined : byId(id);
    },
    byEmail: async (email) => {
      const row = await manager.findOneBy(OperatorEntity, { email });
      const operator = await one(row);
      return row && operator ? { operator, passwordHash: row.passwordHash } : undefined;
    },
    passwordHash: async (id) => (await manager.findOneBy(OperatorEntity, { id }))?.passwordHash,
    list: async ({ limit, after }) => {
      const query = manager.createQueryBuilder(OperatorEntity, 'o').where('true');
      if (after) query.andWhere('o.email > :after', { after: after[0] });
      const rows = await query
        .orderBy('o.email')
        .take(limit + 1)
        .getMany();
      return pageOf(await withGrants(rows), limit, ({ email }) => [email]);
    },
    count: () => manager.count(OperatorEntity),
    setPassword: async (id, passwordHash, mustChangePassword) => {
      await manager.update(OperatorEntity, { id }, { passwordHash, mustChangePassword });
    },
    setDisabled: async (id, isDisabled) => {
      await manager.update(OperatorEntity, { id }, { disabledAt: isDisabled ? () => 'now()' : null });
    },
    grant: async (id, tenantId = '', role) => {
      await manager.delete(OperatorGrantEntity, { operatorId: id, tenantId });
      if (role !== undefined) await manager.insert(OperatorGrantEntity, { operatorId: id, tenantId, role });
    },
    touchLogin: async (id) => {
      await manager.update(OperatorEntity, { id }, { lastLoginAt: () => 'now()' });
    },
    insertSession: async ({ id, operatorId, tokenHash, createdAt, lastSeenAt, ip, userAgent }) => {
      await manager.insert(OperatorSessionEntity, {
        id,
        operatorId,
        tokenHash,
        createdAt,
        lastSeenAt,
        ip: ip ?? null,
        userAgent: userAgent ?? null,
      });
    },
    session: async (tokenHash) => {
      const row = await manager.findOneBy(OperatorSessionEntity, { tokenHash });
      const operator = row ? await byId(row.operatorId) : undefined;
      return row && operator ? { session: toSession(row), operator } : undefined;
    },
    touchSession: async (id) => {
      await manager.update(OperatorSessionEntity, { id }, { lastSeenAt: () => 'now()' });
    },
    endSessions: async (operatorId, exceptId) => {
      await manager.delete(OperatorSessionEntity, { operatorId, ...(exceptId === undefined ? {} : { id: Not(exceptId) }) });
    },
    endSession: async (id) => {
      await manager.delete(OperatorSessionEntity, { id });
    },
    insertToken: async ({ id, operatorId, name, expiresAt, tokenHash }) => {
      await manager.insert(OperatorTokenEntity, { id, operatorId, name, expiresAt: expiresAt ?? null, tokenHash });
      return toToken(await manager.findOneByOrFail(OperatorTokenEntity, { id }));
    },
    token: async (tokenHash) => {
      const row = await manager.findOneBy(OperatorTokenEntity, { tokenHash, revokedAt: IsNull() });
      const operator = row ? await byId(row.operatorId) : undefined;
      return row && operator ? { token: toToken(row), operator } : undefined;
    },
    touchToken: async (id) => {
      await manager.update(OperatorTokenEntity, { id }, { lastUsedAt: () => 'now()' });
    },
    listTokens: async (operatorId) => {
      const rows = await manager.find(OperatorTokenEntity, {
        where: { operatorId, revokedAt: IsNull() },
        order: { createdAt: 'DESC' },
        take: 100,
      });
      return rows.map(toToken);
    },
    revokeToken: async (operatorId, id) =>
      ((await manager.update(OperatorTokenEntity, { id, operatorId, revokedAt: IsNull() }, { revokedAt: () => 'now()' })).affected ?? 0) >
      0,
  };
}

function toOperator(row: OperatorEntity, grants: readonly OperatorGrantEntity[]): Operator {
  const { id, email, name, mustChangePassword, createdAt, lastLoginAt, disabledAt } = row;
  return {
    id,
    email,
    name,
    role: grants.find(({ tenantId }) => tenantId === '')?.role,
    tenantRoles: new Map(grants.filter(({ tenantId }) => tenantId !== '').map(({ tenantId, role }) => [tenantId, role])),
    mustChangePassword,
    createdAt,
    lastLoginAt: lastLoginAt ?? undefined,
    disabledAt: disabledAt ?? undefined,
  };
}

const toSession = ({ id, operatorId, createdAt, lastSeenAt, ip, userAgent }: OperatorSessionEntity): OperatorSession => ({
  id,
  operatorId,
  createdAt,
  lastSeenAt,
  ip: ip ?? undefined,
  userAgent: userAgent ?? undefined,
});
const toToken = ({ id, operatorId, name, createdAt, expiresAt, lastUsedAt }: OperatorTokenEntity): OperatorToken => ({
  id,
  operatorId,
  name,
  createdAt,
  expiresAt: expiresAt ?? undefined,
  lastUsedAt: lastUsedAt ?? undefined,
});
