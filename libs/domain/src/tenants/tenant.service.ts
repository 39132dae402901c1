import { operatorIsAtLeast, type OperatorRole, type PlatformActor } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import type { TenantId } from '../ids.js';
import { HARD_LIMITS, type TenantLimits } from '../limits.js';
import type { Page, PageRequest } from '../page.js';
import type { Fanout } from '../ports/fanout.js';
import type { Store, TenantFigures } from '../ports/store.js';
import { DEFAULT_TENANT_SETTINGS, type Tenant, type TenantSettings, type TenantStatus } from './tenant.js';

/** Customer apps of this installation. */
export class TenantService {
  constructor(
    private readonly store: Store,
    private readonly fanout: Fanout,
    /** What this installation gives new tenants instead of the product's defaults. */
    private readonly limits: Partial<TenantLimits> = {},
  ) {}

  async create(actor: PlatformActor, request: { id: TenantId; name?: string; settings?: Partial<TenantSettings> }): Promise<Tenant> {
    requirePlatform(actor, 'admin');
    const settings = checkedSettings({ ...DEFAULT_TENANT_SETTINGS, limits: this.limits, ...request.settings });
    return this.store.platform(async (tx) => {
      const tenant = await tx.tenants.insert({ id: request.id, name: request.name ?? request.id, settings });
      if (!tenant) throw new DomainError('conflict', { detail: 'a tenant with this id exists' });
      await tx.audit.append(auditOf(actor, 'tenant.create', { kind: 'tenant', id: tenant.id }));
      return tenant;
    });
  }

  /** Operators of single tenants see those and no others. */
  async list(actor: PlatformActor, filter: { q?: string; status?: TenantStatus }, page: PageRequest): Promise<Page<Tenant>> {
    const only = actor.role === undefined ? [...actor.tenantRoles.keys()] : undefined;
    return this.store.platform((tx) => tx.tenants.list({ ...filter, only }, page));
  }

  async get(actor: PlatformActor, id: TenantId): Promise<{ tenant: Tenant; figures: TenantFigures }> {
    requireTenantRole(actor, id, 'viewer');
    return this.store.tenant(id, async (tx) => {
      const tenant = await tx.tenant.get();
      if (!tenant) throw notFound();
      return { tenant, figures: await tx.tenant.figures() };
    });
  }

  async update(actor: PlatformActor, id: TenantId, patch: { name?: string; settings?: Partial<TenantSettings> }): Promise<Tenant> {
    requireTenantRole(actor, id, 'admin');
    return this.store.platform(async (tx) => {
      const tenant = await tx.tenants.get(id);
      if (!tenant) throw notFound();
      const settings = patch.settings && checkedSettings({ ...tenant.settings, ...patch.settings });
      await tx.audit.append(auditOf(actor, 'tenant.update', { kind: 'tenant', id }));
      const updated = await tx.tenants.update(id, { name: patch.name, settings });
      if (!updated) throw notFound();
      return updated;
    });
  }

  /** Refuses all of the tenant's credentials and closes its sockets; loses nothing. */
  async setStatus(actor: PlatformActor, id: TenantId, status: TenantStatus): Promise<Tenant> {
    requirePlatform(actor, 'admin');
    const tenant = await this.store.platform(async (tx) => {
      const updated = await tx.tenants.update(id, { status });
      if (!updated) throw notFound();
      await tx.audit.append(auditOf(actor, status === 'suspended' ? 'tenant.suspend' : 'tenant.resume', { kind: 'tenant', id }));
      return updated;
    });
    if (status === 'suspended') this.fanout.disconnectTenant(id, 'tenant-suspended');
    return tenant;
  }

  async figures(actor: PlatformActor) {
    requirePlatform(actor, 'viewer');
    return this.store.platform((tx) => tx.tenants.figures());
  }
}

export function requirePlatform(actor: PlatformActor, least: OperatorRole): void {
  if (!operatorIsAtLeast(actor.role, least)) throw new DomainError('forbidden');
}

/** A tenant the operator was not granted does not exist for it. */
export function requireTenantRole(actor: PlatformActor, tenantId: TenantId, least: OperatorRole): OperatorRole {
  const role = [actor.role, actor.tenantRoles.get(tenantId)].reduce((best, next) =>
    next !== undefined && (best === undefined || operatorIsAtLeast(next, best)) ? next : best,
  );
  if (role === undefined) throw notFound();
  if (!operatorIsAtLeast(role, least)) throw new DomainError('forbidden');
  return role;
}

function checkedSettings(settings: TenantSettings): TenantSettings {
  const errors = Object.entries(settings.limits).flatMap(([key, value]) => {
    const most = HARD_LIMITS[key as keyof TenantLimits];
    return value !== undefined && (value < 1 || value > most)
      ? [{ pointer: `/settings/limits/${key}`, code: 'out-of-range', detail: `1 to ${most}` }]
      : [];
  });
  if (errors.length > 0) throw new DomainError('validation-failed', { errors });
  return settings;
}
