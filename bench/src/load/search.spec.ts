import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highestRate } from './search.ts';

const search = (limit: number, tried: number[] = [], start = 25): Promise<number> =>
  highestRate({ start, ceiling: 6_400, precision: 0.05 }, (rate) => {
    tried.push(rate);
    return Promise.resolve(rate <= limit);
  });

describe('search', () => {
  it('doubles, then halves the gap', async () => {
    const tried: number[] = [];
    expect(await search(117, tried)).toBe(115);
    expect(tried).toEqual([25, 50, 100, 200, 150, 125, 112, 118, 115]);
  });

  it('finds any limit to 5 % or one message, from below, and asks for no rate twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6_399 }), fc.integer({ min: 1, max: 200 }), async (limit, start) => {
        const tried: number[] = [];
        const found = await search(limit, tried, start);
        expect(found).toBeLessThanOrEqual(limit);
        expect(limit - found).toBeLessThanOrEqual(Math.max(1, found * 0.05));
        expect(new Set(tried).size).toBe(tried.length);
        expect(tried).not.toContain(0);
      }),
    );
  });

  it('ends at the ceiling, and with nothing when nothing holds', async () => {
    expect(await search(1e9)).toBe(6_400);
    expect(await search(0)).toBe(0);
  });
});
