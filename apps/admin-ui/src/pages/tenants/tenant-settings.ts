import { DEFAULT_LIMITS, HARD_LIMITS, type TenantLimits } from '@parley/domain';
import type { Args, routes, Tenant } from '@parley/protocol';

export const DM_POLICIES = ['open', 'privacy', 'friends-only'] as const;

type LimitName = keyof TenantLimits;
const NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[];

export const LIMITS = NAMES.map((name) => ({ name, byDefault: DEFAULT_LIMITS[name], most: HARD_LIMITS[name] }));

/** The form in the shape of the wire, so that refused fields find their place; empty limits are the default's. */
export interface SettingsValues {
  readonly name: string;
  readonly settings: Omit<Tenant['settings'], 'allowedOrigins' | 'limits'> & {
    readonly allowedOrigins: string;
    readonly limits: Record<LimitName, number | ''>;
  };
}

export function toValues({ name, settings }: Tenant): SettingsValues {
  const limits = Object.fromEntries(NAMES.map((limit) => [limit, settings.limits[limit] ?? ''])) as Record<LimitName, number | ''>;
  return { name, settings: { ...settings, allowedOrigins: settings.allowedOrigins.join('\n'), limits } };
}

export function toArgs(tenant: Tenant, { name, settings }: SettingsValues): Args<typeof routes.tenants.update> {
  const limits = Object.fromEntries(NAMES.map((limit) => [limit, settings.limits[limit] === '' ? undefined : settings.limits[limit]]));
  const allowedOrigins = settings.allowedOrigins.split(/\s+/).filter(Boolean);
  return {
    tenantId: tenant.id,
    name: name.trim() || undefined,
    settings: { ...settings, deleteWindowSeconds: Number(settings.deleteWindowSeconds), allowedOrigins, limits },
  };
}
