import { RateLimiter, type Charge, type Overdrawn, type Rate } from '@parley/domain';

interface Bucket {
  tokens: number;
  at: number;
  /** When it is full again and need not be remembered. */
  fullAt: number;
}

/** A bound on memory: what an attacker with many names can make us keep. */
const BUCKETS_MAX = 200_000;

/** Token buckets of this process, by the monotonic clock. */
export class MemoryRateLimiter extends RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly now: () => number = () => performance.now()) {
    super();
  }

  override async take(bucket: string, rate: Rate, cost = 1): Promise<number | undefined> {
    return this.spendAll([{ bucket, rate }], cost)?.waitMs;
  }

  override async takeAll(charges: readonly Charge[], cost = 1): Promise<Overdrawn | undefined> {
    return this.spendAll(charges, cost);
  }

  /** What is in the bucket. */
  left(bucket: string, rate: Rate): number {
    return this.filled(bucket, rate).tokens;
  }

  /** There is no more than this in the bucket, whatever this process thought; below 0 it has to be filled up first. */
  lower(name: string, rate: Rate, tokens: number): void {
    const bucket = this.filled(name, rate);
    if (tokens < bucket.tokens) spend(bucket, rate, bucket.tokens - tokens);
  }

  /** On the way of every command: under a microsecond for three buckets. */
  spendAll(charges: readonly Charge[], cost: number): Overdrawn | undefined {
    const now = this.now();
    const buckets: Bucket[] = [];
    for (const charge of charges) {
      const bucket = this.filled(charge.bucket, charge.rate, now);
      const wait = waitFor(bucket, charge.rate, cost);
      if (wait !== undefined) return { charge, waitMs: wait };
      buckets.push(bucket);
    }
    for (const [index, bucket] of buckets.entries()) {
      const charge = charges[index];
      if (charge) spend(bucket, charge.rate, cost);
    }
    return undefined;
  }

  private filled(name: string, rate: Rate, now = this.now()): Bucket {
    const known = this.buckets.get(name);
    if (known) {
      known.tokens = Math.min(rate.burst, known.tokens + ((now - known.at) / 1_000) * rate.perSecond);
      known.at = now;
      return known;
    }
    if (this.buckets.size >= BUCKETS_MAX) this.forget(now);
    const bucket = { tokens: rate.burst, at: now, fullAt: now };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** Full buckets first; when none is full the oldest tenth. */
  private forget(now: number): void {
    for (const [name, bucket] of this.buckets) if (bucket.fullAt <= now) this.buckets.delete(name);
    let excess = this.buckets.size - BUCKETS_MAX * 0.9;
    for (const name of this.buckets.keys()) {
      if (excess <= 0) return;
      this.buckets.delete(name);
      excess -= 1;
    }
  }
}

function spend(bucket: Bucket, { burst, perSecond }: Rate, cost: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens - cost);
  bucket.fullAt = bucket.at + ((burst - bucket.tokens) / perSecond) * 1_000;
}

const waitFor = ({ tokens }: Bucket, { perSecond }: Rate, cost: number): number | undefined =>
  tokens >= cost ? undefined : Math.max(1, Math.ceil(((cost - tokens) / perSecond) * 1_000));
