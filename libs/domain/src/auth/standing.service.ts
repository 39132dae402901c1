import type { TenantId } from '../ids.js';
import type { Connections, Fanout } from '../ports/fanout.js';
import type { Store } from '../ports/store.js';

/** Looks again so often after a change: a connection may have been on its way in when it was made. */
const LOOKS_PER_CHANGE = 5;

interface Judged {
  readonly version: number | undefined;
  looksLeft: number;
}

/**
 * Closes connections whose tenant or signing key may not have them any more, where the message about it was lost on its
 * way (G11). What concerns one user is found by the sweep.
 */
export class StandingService {
  private readonly judged = new Map<TenantId, Judged>();

  constructor(
    private readonly store: Store,
    private readonly connections: Connections,
    private readonly fanout: Fanout,
  ) {}

  async sweep(): Promise<void> {
    const tenantIds = Object.keys(this.connections.countByTenant());
    for (const tenantId of this.judged.keys()) if (!tenantIds.includes(tenantId)) this.judged.delete(tenantId);
    if (tenantIds.length === 0) return;
    const versions = await this.store.platform((tx) => tx.tenants.versionsOf(tenantIds));
    for (const [index, tenantId] of tenantIds.entries()) await this.judge(tenantId, versions[index]);
  }

  private async judge(tenantId: TenantId, version: number | undefined): Promise<void> {
    const known = this.judged.get(tenantId);
    const judged = known && known.version === version ? known : { version, looksLeft: LOOKS_PER_CHANGE };
    if (judged.looksLeft === 0) return;
    await this.close(tenantId);
    judged.looksLeft -= 1;
    this.judged.set(tenantId, judged);
  }

  private async close(tenantId: TenantId): Promise<void> {
    const keyIds = this.connections.keysOf(tenantId);
    const { tenant, revoked } = await this.store.tenant(tenantId, async (tx) => {
      const gone: string[] = [];
      for (const id of keyIds) {
        const key = await tx.keys.signingKey(id);
        if (!key || key.revokedAt) gone.push(id);
      }
      return { tenant: await tx.tenant.get(), revoked: gone };
    });
    if (tenant?.status !== 'active') this.fanout.disconnectTenant(tenantId, 'tenant-suspended');
    else for (const keyId of revoked) this.fanout.disconnectKey(tenantId, keyId, 'key-revoked');
  }
}
