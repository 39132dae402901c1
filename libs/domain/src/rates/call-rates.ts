import type { Actor, PlatformActor } from '../actor.js';
import { rateLimited, type Charge, type Rate, type RateLimiter } from '../ports/rate-limiter.js';
import { addressGroup } from './address-group.js';

/** How often this server may be asked, by whom. */
export interface CallRateSettings {
  /** A user or an operator, over all sockets and REST together. */
  readonly user: Rate;
  /** Everybody behind one address. */
  readonly address: Rate;
  /** Everybody of a tenant, its servers included. */
  readonly tenant: Rate;
}

/** What a caller may ask of this server, through whatever door. */
export class CallRates {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly rates: CallRateSettings,
  ) {}

  /** Before anything is known of the caller but where it comes from. */
  async arrive(address: string | undefined): Promise<void> {
    if (address !== undefined) await this.spend([this.ofAddress(address)]);
  }

  /** A tenant's servers share few addresses: what they took on arrival is given back once they are known. */
  async welcome(address: string | undefined): Promise<void> {
    if (address === undefined) return;
    const { bucket, rate } = this.ofAddress(address);
    await this.limiter.take(bucket, rate, -1);
  }

  /** The buckets of a known caller. Sockets keep them; they hold no count. */
  chargesOf(actor: Actor | PlatformActor): readonly Charge[] {
    switch (actor.kind) {
      case 'user': {
        const tenant = this.ofTenant(actor.tenantId);
        return actor.actingKeyId === undefined ? [this.ofUser(`${actor.tenantId}/${actor.user.no}`), tenant] : [tenant];
      }
      case 'key':
        return [this.ofTenant(actor.tenantId)];
      case 'operator':
      case 'platform':
        return [{ bucket: `operator/${actor.operatorId}`, rate: this.rates.user }];
    }
  }

  ofAddress(address: string): Charge {
    return { bucket: `address/${addressGroup(address)}`, rate: this.rates.address };
  }

  async spend(charges: readonly Charge[], cost = 1): Promise<void> {
    const overdrawn = await this.limiter.takeAll(charges, cost);
    if (overdrawn) throw rateLimited(overdrawn.charge, overdrawn.waitMs);
  }

  private ofUser(key: string): Charge {
    return { bucket: `user/${key}`, rate: this.rates.user };
  }

  private ofTenant(tenantId: string): Charge {
    return { bucket: `tenant/${tenantId}`, rate: this.rates.tenant };
  }
}
