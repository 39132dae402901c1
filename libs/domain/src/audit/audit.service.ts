import type { Actor, PlatformActor } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import type { RoomId } from '../ids.js';
import type { Page, PageRequest } from '../page.js';
import type { Store } from '../ports/store.js';
import { requirePlatform } from '../tenants/tenant.service.js';
import { requireAuthority } from '../moderation/authority.js';
import type { AuditRecord } from './audit.js';

/** What operators and keys did. */
export class AuditService {
  constructor(private readonly store: Store) {}

  ofTenant(actor: Actor, filter: { action?: string; actorId?: string }, page: PageRequest): Promise<Page<AuditRecord>> {
    requireAuthority(actor);
    return this.store.tenant(actor.tenantId, (tx) => tx.audit.list(filter, page));
  }

  ofPlatform(actor: PlatformActor, filter: { action?: string; actorId?: string }, page: PageRequest): Promise<Page<AuditRecord>> {
    requirePlatform(actor, 'admin');
    return this.store.platform((tx) => tx.audit.list(filter, page));
  }

  /** An operator who reads what users said leaves a trace before the first word is shown (X9). */
  async noteReading(actor: Actor, roomId: RoomId): Promise<void> {
    if (actor.kind !== 'operator') return;
    await this.store.tenant(actor.tenantId, (tx) => tx.audit.append(auditOf(actor, 'room.read', { kind: 'room', id: roomId })));
  }
}
