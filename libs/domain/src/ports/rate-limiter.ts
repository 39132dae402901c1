/** A token bucket: `burst` at once, refilled with `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Counters that expire by themselves; a node that dies takes nothing along that matters. */
export abstract class RateLimiter {
  /** Takes `cost` tokens from the bucket, or none and tells how long to wait, in milliseconds. A negative cost gives back. */
  abstract take(bucket: string, rate: Rate, cost?: number): Promise<number | undefined>;
}
