import { describe, expect, it } from 'vitest';
import { ToldPositions } from './told-positions.js';

describe('positions that were told', () => {
  it('are whole up to the first gap, and each is new once', () => {
    const told = new ToldPositions();
    expect([3, 1, 1, 3, 5].map((pts) => told.add(pts))).toEqual([true, true, false, false, true]);
    expect(told.pts).toBe(1);
    expect(told.add(2)).toBe(true);
    expect(told.pts).toBe(3);
    expect([2, 3, 4].map((pts) => told.add(pts))).toEqual([false, false, true]);
    expect(told.pts).toBe(5);
  });

  it('begin where the client is known to stand, with what it was told meanwhile', () => {
    const told = new ToldPositions();
    for (const pts of [6, 8, 11]) told.add(pts);
    told.reach(7);
    expect(told.pts).toBe(8);
    expect([6, 8, 9, 11].map((pts) => told.add(pts))).toEqual([false, false, true, false]);
    told.reach(4);
    expect(told.pts).toBe(9);
    expect(told.add(10)).toBe(true);
    expect(told.pts).toBe(11);
  });
});
