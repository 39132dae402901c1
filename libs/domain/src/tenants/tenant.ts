import type { TenantId } from '../ids.js';
import { DEFAULT_LIMITS, type TenantLimits } from '../limits.js';

export type TenantStatus = 'active' | 'suspended';
/** Who may open a direct room with whom (D5): everyone; whom the other user's privacy lets in; friends only. */
export type DmPolicy = 'open' | 'privacy' | 'friends-only';

export interface TenantSettings {
  /** A valid token's unknown `sub`, or an unknown user named by an API key, creates the user. */
  readonly firstSight: boolean;
  readonly dmPolicy: DmPolicy;
  /** Users may create group rooms themselves. */
  readonly usersCreateGroups: boolean;
  /** Users may create channels themselves. */
  readonly usersCreateChannels: boolean;
  /** Default of the room setting of the same name (D9). */
  readonly memberCanInvite: boolean;
  /** How long a sender may delete an own message, seconds; 0 = for ever (D2). */
  readonly deleteWindowSeconds: number;
  /** Browser origins that may connect with this tenant's tokens; empty = any. */
  readonly allowedOrigins: readonly string[];
  readonly limits: Partial<TenantLimits>;
}

export const DEFAULT_TENANT_SETTINGS: TenantSettings = {
  firstSight: true,
  dmPolicy: 'privacy',
  usersCreateGroups: true,
  usersCreateChannels: false,
  memberCanInvite: true,
  deleteWindowSeconds: 120,
  allowedOrigins: [],
  limits: {},
};

/** One isolated customer app. */
export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly status: TenantStatus;
  readonly settings: TenantSettings;
  /** Raised by every change; facts that were read under another version are stale. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly suspendedAt?: Date;
}

export const limitsOf = (tenant: Pick<Tenant, 'settings'>): TenantLimits => ({ ...DEFAULT_LIMITS, ...tenant.settings.limits });
