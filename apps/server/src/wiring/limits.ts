import type { CallRateSettings, Rate, TenantLimits } from '@parley/domain';
import type { Config } from '../config/config.js';

type Rates = Pick<Config, 'commandsPerSecond'> &
  Partial<Pick<Config, 'callsPerSecondOfUser' | 'callsPerSecondOfAddress' | 'callsPerSecondOfTenant'>>;

/** A burst is what may be asked at once after a while of silence. */
const BURST_SECONDS = 4;
const perSecond = (rate: number): Rate => ({ perSecond: rate, burst: rate * BURST_SECONDS });

/** A user has several devices, an office one address, a tenant many users: each has its share of what a connection may. */
export function callRatesOf(config: Rates): CallRateSettings {
  const { commandsPerSecond: one } = config;
  return {
    user: perSecond(config.callsPerSecondOfUser ?? one * 2),
    address: perSecond(config.callsPerSecondOfAddress ?? one * 50),
    tenant: perSecond(config.callsPerSecondOfTenant ?? one * 200),
  };
}

type Defaults = Partial<Pick<Config, 'sendsPerSecond' | 'sendBurst' | 'socketsPerUser' | 'socketsPerTenant'>>;

/** What new tenants are given instead of the limits of the domain. */
export function tenantDefaultsOf({ sendsPerSecond, sendBurst, socketsPerUser, socketsPerTenant }: Defaults): Partial<TenantLimits> {
  const given = Object.entries({ sendsPerSecond, sendBurst, socketsPerUser, socketsPerTenant });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
