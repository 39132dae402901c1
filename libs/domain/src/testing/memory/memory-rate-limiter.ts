import type { Clock } from '../../ports/clock.js';
import { RateLimiter, type Charge, type Overdrawn, type Rate } from '../../ports/rate-limiter.js';

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket per name, refilled by the clock. */
export class MemoryRateLimiter extends RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Clock) {
    super();
  }

  async take(bucket: string, rate: Rate, cost = 1): Promise<number | undefined> {
    const { tokens, at } = this.filled(bucket, rate);
    if (tokens < cost) return waitFor(cost - tokens, rate);
    this.buckets.set(bucket, { tokens: tokens - cost, at });
    return undefined;
  }

  async takeAll(charges: readonly Charge[], cost = 1): Promise<Overdrawn | undefined> {
    const now = charges.map(({ bucket, rate }) => this.filled(bucket, rate));
    for (const [index, charge] of charges.entries()) {
      const tokens = now[index]?.tokens ?? 0;
      if (tokens < cost) return { charge, waitMs: waitFor(cost - tokens, charge.rate) };
    }
    for (const { bucket, rate } of charges) {
      const { tokens, at } = this.filled(bucket, rate);
      this.buckets.set(bucket, { tokens: tokens - cost, at });
    }
    return undefined;
  }

  private filled(bucket: string, rate: Rate): Bucket {
    const now = this.clock.now().getTime();
    const known = this.buckets.get(bucket) ?? { tokens: rate.burst, at: now };
    const passed = Math.max(0, now - known.at); // A test may turn its clock back.
    return { tokens: Math.min(rate.burst, known.tokens + (passed / 1_000) * rate.perSecond), at: now };
  }
}

const waitFor = (missing: number, rate: Rate): number => Math.max(1, Math.ceil((missing / rate.perSecond) * 1_000));
