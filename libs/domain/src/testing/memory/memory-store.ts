import type { TenantId } from '../../ids.js';
import { Store, type PlatformTx, type TenantTx } from '../../ports/store.js';
import { memoryAudit, memoryRemembered } from './audit-section.js';
import { memoryKeys } from './keys-section.js';
import { memoryMembers } from './members-section.js';
import type { MemoryDatabase } from './memory-database.js';
import { memoryNodes } from './nodes-section.js';
import { memoryOperators } from './operators-section.js';
import { memoryPresences } from './presences-section.js';
import { memoryRooms } from './rooms-section.js';
import { memoryOwnTenant, memoryTenants } from './tenants-section.js';
import { memoryBans, memoryUsers } from './users-section.js';

/** The relational store on plain maps. */
export class MemoryStore extends Store {
  constructor(private readonly db: MemoryDatabase) {
    super();
  }

  tenant<T>(tenantId: TenantId, run: (tx: TenantTx) => Promise<T>): Promise<T> {
    const { db } = this;
    const space = db.space(tenantId);
    return db.transaction(() =>
      run({
        tenant: memoryOwnTenant(db, space),
        users: memoryUsers(db, space),
        rooms: memoryRooms(db, space),
        members: memoryMembers(space),
        bans: memoryBans(db, space),
        presences: memoryPresences(db, space),
        keys: memoryKeys(db, space),
        audit: memoryAudit(db, space.audit, tenantId),
        remembered: memoryRemembered(db, space),
      }),
    );
  }

  platform<T>(run: (tx: PlatformTx) => Promise<T>): Promise<T> {
    const { db } = this;
    return db.transaction(() =>
      run({ tenants: memoryTenants(db), operators: memoryOperators(db), nodes: memoryNodes(db), audit: memoryAudit(db, db.platformAudit) }),
    );
  }
}
