import type { TenantId, UserId } from '../../ids.js';
import { banHolds } from '../../moderation/ban.js';
import type { Caller, OwnTenant, TenantFigures, Tenants } from '../../ports/store.js';
import type { Tenant } from '../../tenants/tenant.js';
import { banOf } from './joins.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { keyset } from './pages.js';
import { banKey } from './rows.js';

function figuresOf(db: MemoryDatabase, space: TenantSpace): TenantFigures {
  const bans = space.bans.values().filter((ban) => banHolds(ban, db.clock.now())).length;
  return { users: space.users.size, rooms: space.rooms.size, messages: space.messages.size, bans };
}

export function memoryOwnTenant(db: MemoryDatabase, space: TenantSpace): OwnTenant {
  const caller = (userId: UserId): Caller | undefined => {
    const tenant = db.tenants.get(space.tenantId);
    if (!tenant) return undefined;
    const no = space.userNos.get(userId);
    const user = no === undefined ? undefined : space.users.get(no);
    const ban = no === undefined ? undefined : space.bans.get(banKey(undefined, no));
    return { tenant, user, ban: ban && banOf(space, ban) };
  };
  return {
    get: async () => db.tenants.get(space.tenantId),
    caller: async (userId) => caller(userId),
    callers: async (userIds) => userIds.flatMap((userId) => caller(userId) ?? []),
    figures: async () => figuresOf(db, space),
  };
}

export function memoryTenants(db: MemoryDatabase): Tenants {
  return {
    insert: async ({ id, name, settings }) => {
      if (db.tenants.has(id)) return undefined;
      const now = db.clock.now();
      return db.tenants.set(id, { id, name, settings, status: 'active', version: 1, createdAt: now, updatedAt: now });
    },
    get: async (id) => db.tenants.get(id),
    list: async ({ q, status, only }, page) => {
      const fits = ({ id, name, status: own }: Tenant): boolean =>
        (status === undefined || own === status) && (only === undefined || only.includes(id)) && (q === undefined || matches(q, id, name));
      return keyset(
        db.tenants.values().filter(fits),
        page,
        (tenant) => [tenant.id],
        (tenant) => tenant,
      );
    },
    update: async (id, patch) => updateTenant(db, id, patch),
    versionsOf: async (ids) => ids.map((id) => db.tenants.get(id)?.version),
    figures: async () => {
      const tenants = db.tenants.values();
      const totals = tenants.map(({ id }) => figuresOf(db, db.space(id))).reduce(sum, { users: 0, rooms: 0, messages: 0, bans: 0 });
      return { tenants: tenants.length, suspendedTenants: tenants.filter(({ status }) => status === 'suspended').length, totals };
    },
  };
}

function updateTenant(db: MemoryDatabase, id: TenantId, patch: Parameters<Tenants['update']>[1]): Tenant | undefined {
  const tenant = db.tenants.get(id);
  if (!tenant) return undefined;
  const now = db.clock.now();
  const status = patch.status ?? tenant.status;
  return db.tenants.set(id, {
    ...tenant,
    name: patch.name ?? tenant.name,
    settings: patch.settings ?? tenant.settings,
    status,
    suspendedAt: status === 'suspended' ? (tenant.suspendedAt ?? now) : undefined,
    version: tenant.version + 1,
    updatedAt: now,
  });
}

const sum = (a: TenantFigures, b: TenantFigures): TenantFigures => ({
  users: a.users + b.users,
  rooms: a.rooms + b.rooms,
  messages: a.messages + b.messages,
  bans: a.bans + b.bans,
});

/** A case-insensitive beginning of the id or part of the name. */
export const matches = (q: string, id: string, name: string | undefined): boolean =>
  id.toLowerCase().startsWith(q.toLowerCase()) || (name?.toLowerCase().includes(q.toLowerCase()) ?? false);
