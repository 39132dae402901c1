import { describe, expect, it } from 'vitest';
import { ratios } from './report.ts';

describe('ratios', () => {
  it('compare inside each round and take the median', () => {
    const turn = (round: number, subject: string, result: number) => ({ round, subject, result });
    const turns = [
      turn(1, 'parley', 10),
      turn(1, 'bare', 5),
      turn(2, 'parley', 30),
      turn(2, 'bare', 10),
      turn(3, 'parley', 4),
      turn(3, 'bare', 4),
    ];
    expect(ratios(turns, 'x', (result) => result)).toEqual([{ of: 'parley', to: 'bare', what: 'x', median: 2, min: 1, max: 3 }]);
  });
});
