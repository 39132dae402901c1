import type { Rate } from '@parley/domain';

/** A token bucket of one socket: cheap enough for every packet. */
export class Pace {
  private tokens: number;
  private at = performance.now();

  constructor(private readonly rate: Rate) {
    this.tokens = rate.burst;
  }

  /** Undefined, or how long to wait, in milliseconds. */
  take(): number | undefined {
    const { perSecond, burst } = this.rate;
    const now = performance.now();
    this.tokens = Math.min(burst, this.tokens + ((now - this.at) / 1_000) * perSecond);
    this.at = now;
    if (this.tokens < 1) return Math.max(1, Math.ceil(((1 - this.tokens) / perSecond) * 1_000));
    this.tokens -= 1;
    return undefined;
  }
}
