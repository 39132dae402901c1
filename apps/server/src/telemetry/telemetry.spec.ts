import { describe, expect, it } from 'vitest';
import { Telemetry } from './telemetry.js';

describe('how late the loop usually is', () => {
  function after(...delays: readonly number[]): number {
    const telemetry = new Telemetry({ count: () => 0, countByTenant: () => ({}), delivered: 0 });
    const figures = telemetry.tick(new Date(0));
    telemetry.history.splice(0, 1, ...delays.map((eventLoopDelayMs) => ({ ...figures, eventLoopDelayMs })));
    return telemetry.usualLoopDelayMs;
  }

  it('is not told by one pause, and told by many', () => {
    expect(after(1, 2, 90, 1, 2)).toBe(2);
    expect(after(1, 1, 90, 80, 70)).toBe(70);
  });

  it('forgets what is over', () => {
    expect(after(90, 90, 90, 1, 1, 1, 1, 1)).toBe(1);
  });

  it('is what there is after a start', () => {
    expect([after(), after(3)]).toEqual([0, 3]);
  });
});
