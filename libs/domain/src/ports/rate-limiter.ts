import { DomainError } from '../errors.js';

/** A token bucket: `burst` at once, refilled with `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** One bucket and how it fills. What stands before the first slash names the policy, as callers are told it. */
export interface Charge {
  readonly bucket: string;
  readonly rate: Rate;
}

/** The bucket that had too little, and for how long. */
export interface Overdrawn {
  readonly charge: Charge;
  readonly waitMs: number;
}

/** Counters that expire by themselves; a node that dies takes nothing along that matters. */
export abstract class RateLimiter {
  /** Takes `cost` tokens from the bucket, or none and tells how long to wait, in milliseconds. A negative cost gives back. */
  abstract take(bucket: string, rate: Rate, cost?: number): Promise<number | undefined>;

  /**
   * Takes `cost` tokens from each of these buckets, or none from any and tells of one that has too little. Calls of one
   * process are answered in the order they were made, so that the commands of a socket keep theirs.
   */
  abstract takeAll(charges: readonly Charge[], cost?: number): Promise<Overdrawn | undefined>;
}

/** The refusal of a caller whose bucket is empty. */
export function rateLimited({ bucket, rate }: Charge, retryAfterMs: number, detail?: string): DomainError {
  const [name = bucket] = bucket.split('/', 1);
  const policy = { name, quota: rate.burst, windowSeconds: Math.max(1, Math.ceil(rate.burst / rate.perSecond)) };
  return new DomainError('rate-limited', { detail, retryAfterMs, policy });
}
