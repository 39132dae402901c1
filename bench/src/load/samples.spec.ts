import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile, Samples, slope } from './samples.ts';

const numbers = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 3_000 });

describe('samples', () => {
  it('takes percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 0.01, 0.5, 0.99, 0.995, 1].map((share) => percentile(hundred, share))).toEqual([1, 1, 50, 99, 100, 100]);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('is the smallest value that enough others do not exceed', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
        const sorted = Float64Array.from(values).sort();
        const found = percentile(sorted, share);
        const notAbove = values.filter((value) => value <= found).length;
        const below = values.filter((value) => value < found).length;
        expect(notAbove).toBeGreaterThanOrEqual(Math.floor(share * values.length));
        expect(below).toBeLessThan(Math.max(1, Math.ceil(share * values.length)));
      }),
    );
  });

  it('keeps every sample while it grows', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const samples = new Samples();
        for (const value of values) samples.add(value);
        expect(samples.summary()).toMatchObject({ count: values.length, max: Math.max(...values) });
      }),
    );
  });

  it('takes the middle, or the mean of the two middles, and ignores what was not measured', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3, NaN])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('draws the line with the least squares', () => {
    expect(
      slope([
        [0, 1],
        [1, 2],
        [2, 6],
        [3, 7],
      ]),
    ).toBeCloseTo(2.2, 10);
    expect(slope([[1, 5]])).toBeNaN();
  });
});
