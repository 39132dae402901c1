import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RateLimiter } from '../../ports/rate-limiter.js';
import { upTo } from './scene.js';

export interface LimiterTechnology {
  readonly limiter: RateLimiter;
  close(): Promise<void>;
}

/** So slow that no test sees a token come back. */
const SLOW = { burst: 5, perSecond: 0.001 };

/** What every `RateLimiter` promises. Buckets have random names, so a shared server is fine. */
export function rateLimiterContract(name: string, open: () => Promise<LimiterTechnology>): void {
  describe(`RateLimiter: ${name}`, () => {
    let technology: LimiterTechnology | undefined;
    beforeAll(async () => {
      technology = await open();
    });
    afterAll(async () => technology?.close());
    const limiter = (): RateLimiter => {
      if (!technology) throw new Error('the technology did not open');
      return technology.limiter;
    };

    it('gives the burst at once and then tells how long to wait', async () => {
      const bucket = randomUUID();
      for (const _ of upTo(5)) expect(await limiter().take(bucket, SLOW)).toBeUndefined();
      const wait = await limiter().take(bucket, SLOW);
      expect(wait).toBeGreaterThan(900_000);
      expect(wait).toBeLessThanOrEqual(1_000_000);
    });

    it('gives no more than the burst to concurrent takers', async () => {
      const bucket = randomUUID();
      const waits = await Promise.all(upTo(40).map(() => limiter().take(bucket, SLOW)));
      expect(waits.filter((wait) => wait === undefined)).toHaveLength(5);
    });

    it('takes a cost whole or not at all', async () => {
      const bucket = randomUUID();
      expect(await limiter().take(bucket, SLOW, 3)).toBeUndefined();
      expect(await limiter().take(bucket, SLOW, 3)).toBeGreaterThan(0);
      expect(await limiter().take(bucket, SLOW, 2)).toBeUndefined();
      expect(await limiter().take(bucket, SLOW)).toBeGreaterThan(0);
    });

    it('gives back what was taken too early, and never more than the burst', async () => {
      const bucket = randomUUID();
      for (const _ of upTo(20)) {
        expect(await limiter().take(bucket, SLOW)).toBeUndefined();
        expect(await limiter().take(bucket, SLOW, -1)).toBeUndefined();
      }
      for (const _ of upTo(5)) await limiter().take(bucket, SLOW, -1);
      const granted = [];
      for (const _ of upTo(SLOW.burst + 3)) granted.push(await limiter().take(bucket, SLOW));
      expect(granted.filter((wait) => wait === undefined)).toHaveLength(SLOW.burst);
    });

    it('keeps buckets apart', async () => {
      const [one, two] = [randomUUID(), randomUUID()];
      await limiter().take(one, SLOW, 5);
      expect(await limiter().take(two, SLOW, 5)).toBeUndefined();
    });

    it('takes from all of several buckets or from none, and names the one that had too little', async () => {
      const [full, low] = [
        { bucket: randomUUID(), rate: SLOW },
        { bucket: randomUUID(), rate: SLOW },
      ];
      expect(await limiter().takeAll([full, low], 2)).toBeUndefined();
      await limiter().take(low.bucket, SLOW, 2);
      const refused = await limiter().takeAll([full, low], 2);
      expect(refused?.charge).toEqual(low);
      expect(refused?.waitMs).toBeGreaterThan(900_000);
      expect(refused?.waitMs).toBeLessThanOrEqual(1_000_000);
      // Nothing was taken from the one that had enough.
      expect(await limiter().takeAll([full], 3)).toBeUndefined();
      expect((await limiter().takeAll([full]))?.charge).toEqual(full);
      expect(await limiter().takeAll([])).toBeUndefined();
    });

    it('gives no more than the least burst to concurrent takers of several buckets', async () => {
      const charges = [
        { bucket: randomUUID(), rate: { burst: 9, perSecond: 0.001 } },
        { bucket: randomUUID(), rate: SLOW },
      ];
      const answers = await Promise.all(upTo(40).map(() => limiter().takeAll(charges)));
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(5);
    });

    it('asks to wait no longer than the refill needs', async () => {
      const bucket = randomUUID();
      const quick = { burst: 1, perSecond: 100 };
      await limiter().take(bucket, quick);
      expect((await limiter().take(bucket, quick)) ?? 1).toBeLessThanOrEqual(10);
    });
  });
}
