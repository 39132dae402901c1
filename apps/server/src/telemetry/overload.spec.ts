import { afterEach, describe, expect, it } from 'vitest';
import { Overload } from './overload.js';

let overload: Overload;
afterEach(() => overload.stop());

const PLENTY = 2 ** 50;

/** A loop of the event loop takes so long each time. */
function turns(count: number, eachMs: number): void {
  let now = performance.now() + 100;
  for (let turn = 0; turn < count; turn += 1) {
    now += eachMs;
    overload.sample(now);
  }
}

describe('overload', () => {
  it('is no matter of one long pause, nor of a storm that is being mastered', () => {
    overload = new Overload(PLENTY);
    turns(1, 3_100);
    expect(overload.load).toBe('fine');
    turns(100, 500);
    expect(overload.load).toBe('fine');
    expect(() => overload.require('fine')).not.toThrow();
  });

  it('refuses newcomers first, everybody when it goes on, and nobody when it is over', () => {
    overload = new Overload(PLENTY);
    turns(30, 1_000);
    expect(overload.load).toBe('busy');
    expect(() => overload.require('fine')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(() => overload.require('busy')).not.toThrow();
    turns(60, 3_000);
    expect(overload.load).toBe('full');
    expect(() => overload.require('busy')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    turns(60, 101);
    expect(overload.load).toBe('fine');
  });

  it('tells those it refuses at one moment to come back at different ones', () => {
    overload = new Overload(PLENTY);
    turns(30, 1_000);
    const waits = Array.from({ length: 20 }, () => {
      try {
        overload.require('fine');
        return 0;
      } catch (error) {
        return (error as { details: { retryAfterMs: number } }).details.retryAfterMs;
      }
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThan(5_000);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it('is also having no memory left', () => {
    const used = process.memoryUsage.rss();
    overload = new Overload(used * 1.1);
    overload.sample(performance.now());
    expect(overload.load).toBe('busy');
    overload.stop();
    overload = new Overload(PLENTY, process.memoryUsage().heapUsed);
    overload.sample(performance.now());
    expect(overload.load).toBe('full');
  });
});
