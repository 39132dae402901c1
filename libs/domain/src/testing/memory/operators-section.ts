import type { OperatorRole } from '../../actor.js';
import type { TenantId } from '../../ids.js';
import type { Operator } from '../../operators/operator.js';
import type { Operators } from '../../ports/store.js';
import type { MemoryDatabase } from './memory-database.js';
import { keyset } from './pages.js';

type Accounts = Pick<
  Operators,
  'insert' | 'byId' | 'byEmail' | 'passwordHash' | 'list' | 'count' | 'setPassword' | 'setDisabled' | 'grant' | 'touchLogin'
>;
type Credentials = Omit<Operators, keyof Accounts>;

export const memoryOperators = (db: MemoryDatabase): Operators => ({ ...accounts(db), ...sessions(db), ...tokens(db) });

function accounts(db: MemoryDatabase): Accounts {
  const change = (id: string, patch: (operator: Operator) => Partial<Operator>, passwordHash?: string): void => {
    const row = db.operators.get(id);
    if (!row) return;
    db.operators.set(id, { operator: { ...row.operator, ...patch(row.operator) }, passwordHash: passwordHash ?? row.passwordHash });
  };
  return {
    insert: async ({ id, email, name, passwordHash, mustChangePassword }) => {
      if (db.operators.values().some(({ operator }) => operator.email === email)) return undefined;
      const operator = { id, email, name, mustChangePassword, tenantRoles: new Map(), createdAt: db.clock.now() };
      return db.operators.set(id, { operator, passwordHash }).operator;
    },
    byId: async (id) => db.operators.get(id)?.operator,
    byEmail: async (email) => db.operators.values().find(({ operator }) => operator.email === email),
    passwordHash: async (id) => db.operators.get(id)?.passwordHash,
    list: async (page) =>
      keyset(
        db.operators.values(),
        page,
        ({ operator }) => [operator.email],
        ({ operator }) => operator,
      ),
    count: async () => db.operators.size,
    setPassword: async (id, passwordHash, mustChange) => change(id, () => ({ mustChangePassword: mustChange }), passwordHash),
    setDisabled: async (id, isDisabled) =>
      change(id, ({ disabledAt }) => ({ disabledAt: isDisabled ? (disabledAt ?? db.clock.now()) : undefined })),
    grant: async (id, tenantId, role) => change(id, (operator) => granted(operator, tenantId, role)),
    touchLogin: async (id) => change(id, () => ({ lastLoginAt: db.clock.now() })),
  };
}

function granted(operator: Operator, tenantId: TenantId | undefined, role: OperatorRole | undefined): Partial<Operator> {
  if (tenantId === undefined) return { role };
  const tenantRoles = new Map(operator.tenantRoles);
  if (role === undefined) tenantRoles.delete(tenantId);
  else tenantRoles.set(tenantId, role);
  return { tenantRoles };
}

function sessions(db: MemoryDatabase): Pick<Credentials, 'insertSession' | 'session' | 'touchSession' | 'endSessions' | 'endSession'> {
  return {
    insertSession: async ({ tokenHash, ...session }) => void db.sessions.set(session.id, { session, tokenHash }),
    session: async (tokenHash) => {
      const row = db.sessions.values().find((candidate) => candidate.tokenHash === tokenHash);
      const owner = row && db.operators.get(row.session.operatorId);
      return row && owner && { session: row.session, operator: owner.operator };
    },
    touchSession: async (id) => {
      const row = db.sessions.get(id);
      if (row) db.sessions.set(id, { ...row, session: { ...row.session, lastSeenAt: db.clock.now() } });
    },
    endSessions: async (operatorId, exceptId) => {
      for (const { session } of db.sessions.values()) {
        if (session.operatorId === operatorId && session.id !== exceptId) db.sessions.delete(session.id);
      }
    },
    endSession: async (id) => db.sessions.delete(id),
  };
}

function tokens(db: MemoryDatabase): Pick<Credentials, 'insertToken' | 'token' | 'touchToken' | 'listTokens' | 'revokeToken'> {
  return {
    insertToken: async ({ tokenHash, ...token }) =>
      db.tokens.set(token.id, { token: { ...token, createdAt: db.clock.now() }, tokenHash }).token,
    token: async (tokenHash) => {
      const row = db.tokens.values().find((candidate) => candidate.tokenHash === tokenHash);
      const owner = row && db.operators.get(row.token.operatorId);
      return row && owner && { token: row.token, operator: owner.operator };
    },
    touchToken: async (id) => {
      const row = db.tokens.get(id);
      if (row) db.tokens.set(id, { ...row, token: { ...row.token, lastUsedAt: db.clock.now() } });
    },
    listTokens: async (operatorId) =>
      db.tokens
        .values()
        .map(({ token }) => token)
        .filter((token) => token.operatorId === operatorId),
    revokeToken: async (operatorId, id) => {
      if (db.tokens.get(id)?.token.operatorId !== operatorId) return false;
      db.tokens.delete(id);
      return true;
    },
  };
}
