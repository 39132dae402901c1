import { RateLimiter, type Charge, type Overdrawn, type Rate } from '@parley/domain';
import type { Redis } from 'ioredis';
import type { RedisPlace } from '../../config/redis-url.js';
import { openRedis } from '../redis/redis.js';
import { MemoryRateLimiter } from './memory-rate-limiter.js';

/** How often nodes tell each other what was taken. What is taken meanwhile on several nodes is noticed that much later. */
const SHARE_MS = 200;
/** A bucket that is fuller than this concerns one node only: almost all do, and cost nothing. */
const SHARED_BELOW = 0.5;
/** In one round; the others have their turn in the next. */
const TOGETHER = 500;
/** So many are remembered while Redis is away. */
const SHARED_MAX = 20_000;

/**
 * Takes what one node gave away from the bucket all share, and tells what is left, which may be less than nothing.
 * Time is Redis's own.
 */
const SPEND = `
local burst, rate, spent = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if known[1] then tokens = math.min(burst, tonumber(known[1]) + math.max(0, now - tonumber(known[2])) * rate) end
tokens = math.max(-burst, math.min(burst, tokens - spent))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return tostring(tokens)
`;

type Spending = Redis & { parleySpend(key: string, burst: number, perSecond: number, spent: number): Promise<string> };

interface Shared {
  readonly rate: Rate;
  /** Since it was told last. */
  spent: number;
}

/**
 * Buckets of this process, brought into line with those of the other nodes a few times a second. No call waits for Redis,
 * and without Redis each node limits by itself.
 */
export class RedisRateLimiter extends RateLimiter {
  private readonly local = new MemoryRateLimiter();
  private readonly shared = new Map<string, Shared>();
  private readonly redis: Spending;
  private readonly timer: NodeJS.Timeout;
  private isSharing = false;

  constructor(
    place: RedisPlace,
    private readonly prefix: string,
  ) {
    super();
    this.redis = openRedis(place, { isPatient: false }) as Spending;
    this.redis.on('error', () => undefined);
    this.redis.defineCommand('parleySpend', { numberOfKeys: 1, lua: SPEND });
    this.timer = setInterval(() => void this.share(), SHARE_MS).unref();
  }

  override async take(bucket: string, rate: Rate, cost = 1): Promise<number | undefined> {
    const overdrawn = this.spend([{ bucket, rate }], cost);
    return overdrawn?.waitMs;
  }

  override async takeAll(charges: readonly Charge[], cost = 1): Promise<Overdrawn | undefined> {
    return this.spend(charges, cost);
  }

  private spend(charges: readonly Charge[], cost: number): Overdrawn | undefined {
    const overdrawn = this.local.spendAll(charges, cost);
    if (!overdrawn) for (const charge of charges) this.note(charge, cost);
    return overdrawn;
  }

  private note({ bucket, rate }: Charge, cost: number): void {
    const known = this.shared.get(bucket);
    if (known) {
      known.spent += cost;
      return;
    }
    const left = this.local.left(bucket, rate);
    if (left >= rate.burst * SHARED_BELOW || this.shared.size >= SHARED_MAX) return;
    this.shared.set(bucket, { rate, spent: rate.burst - left });
  }

  private async share(): Promise<void> {
    if (this.isSharing || this.redis.status !== 'ready') return;
    this.isSharing = true;
    const some = [...this.shared].slice(0, TOGETHER);
    await Promise.all(some.map(([bucket, shared]) => this.shareOne(bucket, shared)));
    this.isSharing = false;
  }

  private async shareOne(bucket: string, shared: Shared): Promise<void> {
    const { rate, spent } = shared;
    shared.spent = 0;
    try {
      const tokens = Number(await this.redis.parleySpend(`${this.prefix}/rate/${bucket}`, rate.burst, rate.perSecond, spent));
      this.local.lower(bucket, rate, tokens - shared.spent);
      // Whoever is asked next comes first then.
      this.shared.delete(bucket);
      // Until it is full again there: what was told once is not told again.
      if (shared.spent !== 0 || tokens < rate.burst) this.shared.set(bucket, shared);
    } catch {
      shared.spent = Math.min(rate.burst, shared.spent + spent);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.redis.disconnect();
  }
}
