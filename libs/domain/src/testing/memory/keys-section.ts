import type { Keys } from '../../ports/store.js';
import type { MemoryDatabase, TenantSpace } from './memory-database.js';
import { keyset } from './pages.js';

export function memoryKeys(db: MemoryDatabase, space: TenantSpace): Keys {
  return {
    insertApiKey: async ({ hash, ...key }) => {
      const row = { key: { ...key, createdAt: db.clock.now() }, hash, order: db.nextNumber() };
      return space.apiKeys.set(key.id, row).key;
    },
    apiKeyByHash: async (hash) => space.apiKeys.values().find((row) => row.hash === hash)?.key,
    touchApiKey: async (id) => {
      const row = space.apiKeys.get(id);
      if (row) space.apiKeys.set(id, { ...row, key: { ...row.key, lastUsedAt: db.clock.now() } });
    },
    listApiKeys: async (page) =>
      keyset(
        space.apiKeys.values(),
        page,
        (row) => [-row.order],
        (row) => row.key,
      ),
    revokeApiKey: async (id) => {
      const row = space.apiKeys.get(id);
      return row && space.apiKeys.set(id, { ...row, key: { ...row.key, revokedAt: row.key.revokedAt ?? db.clock.now() } }).key;
    },
    insertSigningKey: async (key) =>
      space.signingKeys.set(key.id, { key: { ...key, createdAt: db.clock.now() }, order: db.nextNumber() }).key,
    signingKey: async (id) => space.signingKeys.get(id)?.key,
    listSigningKeys: async (page) =>
      keyset(
        space.signingKeys.values(),
        page,
        (row) => [-row.order],
        (row) => row.key,
      ),
    revokeSigningKey: async (id) => {
      const row = space.signingKeys.get(id);
      const tenant = db.tenants.get(space.tenantId);
      if (tenant && row && !row.key.revokedAt) db.tenants.set(tenant.id, { ...tenant, version: tenant.version + 1 });
      return row && space.signingKeys.set(id, { ...row, key: { ...row.key, revokedAt: row.key.revokedAt ?? db.clock.now() } }).key;
    },
  };
}
