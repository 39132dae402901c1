import type { UserId, UserNo } from '../../ids.js';
import { banHolds } from '../../moderation/ban.js';
import type { Bans, NewUser, Users } from '../../ports/store.js';
import type { User } from '../../users/user.js';
import { banOf } from './joins.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { keyset } from './pages.js';
import { banKey, type BanRow } from './rows.js';
import { matches } from './tenants-section.js';

export function memoryUsers(db: MemoryDatabase, space: TenantSpace): Users {
  const byId = (id: UserId): User | undefined => {
    const no = space.userNos.get(id);
    return no === undefined ? undefined : space.users.get(no);
  };
  const isBanned = ({ no }: User): boolean => banHolds(space.bans.get(banKey(undefined, no)), db.clock.now());
  return {
    byId: async (id) => byId(id),
    byIds: async (ids) => [...new Set(ids)].flatMap((id) => byId(id) ?? []),
    headsOf: async (userNos) =>
      userNos.map((no) => {
        const { userPts = 0, version: userVersion = 0 } = space.users.get(no) ?? {};
        return { userPts, userVersion };
      }),
    ensure: async (users) => {
      for (const user of users) if (!byId(user.id)) insert(db, space, user);
      return [...new Set(users.map(({ id }) => id))].flatMap((id) => byId(id) ?? []);
    },
    update: async (no, patch) => update(db, space, no, patch),
    setDeactivated: async (no, isDeactivated) => {
      const user = space.users.get(no);
      const now = db.clock.now();
      const deactivatedAt = isDeactivated ? (user?.deactivatedAt ?? now) : undefined;
      return user && space.users.set(no, { ...user, deactivatedAt, updatedAt: now, version: user.version + 1 });
    },
    list: async ({ q, banned, deactivated }, page) => {
      const fits = (user: User): boolean =>
        (q === undefined || matches(q, user.id, user.name)) &&
        (banned === undefined || isBanned(user) === banned) &&
        (deactivated === undefined || (user.deactivatedAt !== undefined) === deactivated);
      return keyset(
        space.users.values().filter(fits),
        page,
        (user) => [user.id],
        (user) => user,
      );
    },
  };
}

function insert(db: MemoryDatabase, space: TenantSpace, { id, name, image, metadata }: NewUser): void {
  if (!db.tenants.has(space.tenantId)) throw new Error(`a user of a tenant that is not there: ${space.tenantId}`);
  const no = db.nextNumber();
  const now = db.clock.now();
  space.userNos.set(id, no);
  const own = { metadata: metadata ?? {}, createdAt: now, updatedAt: now, directFrom: 'everyone', version: 1, userPts: 0 } as const;
  space.users.set(no, image === undefined ? { no, id, name, ...own } : { no, id, name, image, ...own });
}

function update(db: MemoryDatabase, space: TenantSpace, no: UserNo, patch: Parameters<Users['update']>[1]): User | undefined {
  const user = space.users.get(no);
  if (!user) return undefined;
  return space.users.set(no, {
    ...user,
    name: patch.name ?? user.name,
    image: patch.image === null ? undefined : (patch.image ?? user.image),
    metadata: patch.metadata ?? user.metadata,
    directFrom: patch.directFrom ?? user.directFrom,
    updatedAt: db.clock.now(),
  });
}

export function memoryBans(db: MemoryDatabase, space: TenantSpace): Bans {
  return {
    tenantBan: async (userNo) => {
      const row = space.bans.get(banKey(undefined, userNo));
      return row && banOf(space, row);
    },
    list: async ({ roomNo, scope, userNo }, page) => {
      const fits = (ban: BanRow): boolean =>
        banHolds(ban, db.clock.now()) &&
        (roomNo === undefined || ban.roomNo === roomNo) &&
        (scope === undefined || (ban.roomNo === undefined ? 'tenant' : 'room') === scope) &&
        (userNo === undefined || ban.userNo === userNo);
      return keyset(
        space.bans.values().filter(fits),
        page,
        (ban) => [-ban.order],
        (ban) => banOf(space, ban),
      );
    },
  };
}
