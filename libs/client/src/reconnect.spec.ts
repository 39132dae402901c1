import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { Reconnect } from './reconnect.js';
import { ManualTimers } from './testing/manual-timers.js';

/** Chance as a test wants it: 0 = always the shortest wait, 1 = always the longest. */
class Chance extends ManualTimers {
  constructor(private readonly drawn: () => number) {
    super();
  }

  override random(): number {
    return this.drawn();
  }
}

let attempts: number[];
const among = (timers: ManualTimers): Reconnect => {
  const reconnect: Reconnect = new Reconnect(timers, () => {
    attempts.push(timers.now());
    reconnect.begin();
  });
  reconnect.begin();
  return reconnect;
};

beforeEach(() => (attempts = []));

it('draws each wait evenly from a span that doubles up to 30 s', () => {
  const waits = [0, 0.5, 0.999_999].map((chance) => {
    const timers = new Chance(() => chance);
    const reconnect = among(timers);
    return Array.from({ length: 6 }, () => {
      reconnect.afterFailure();
      const wait = timers.next ?? 0;
      timers.advance(wait);
      return wait;
    });
  });
  expect(waits).toEqual([
    [1_000, 1_000, 1_000, 1_000, 1_000, 1_000],
    [1_500, 2_500, 4_500, 8_500, 15_500, 15_500],
    [2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
  ]);
});

it('waits at least as long as the server asked, however hurried the device is', () => {
  const timers = new ManualTimers();
  const reconnect = among(timers);
  reconnect.afterFailure(20_000);
  expect(timers.next).toBe(25_000);
  reconnect.nudge();
  expect(timers.next).toBe(20_000);
  timers.advance(20_000);
  expect(attempts).toEqual([20_000]);
});

it('tries at once when the device wakes up, but not more than once a second', () => {
  const timers = new ManualTimers();
  const reconnect = among(timers);
  for (let failure = 0; failure < 5; failure += 1) {
    reconnect.afterFailure();
    timers.advance(timers.next ?? 0);
  }
  reconnect.afterFailure();
  expect(timers.next).toBe(15_500);
  for (let flap = 0; flap < 10; flap += 1) reconnect.nudge();
  expect(timers.next).toBe(1_000);
  timers.advance(1_000);
  reconnect.afterFailure();
  timers.advance(5_000);
  reconnect.nudge();
  expect(timers.next).toBe(0);
});

it('does nothing on waking up while it is connected, connecting or over', () => {
  const timers = new ManualTimers();
  const reconnect = among(timers);
  reconnect.nudge();
  reconnect.afterFailure();
  reconnect.stop();
  reconnect.nudge();
  expect(timers.next).toBeUndefined();
});

it('forgives earlier failures when a connection held ten seconds', () => {
  const timers = new ManualTimers();
  const reconnect = among(timers);
  for (const held of [0, 0, 0, 10_000]) {
    reconnect.ready();
    timers.advance(held);
    reconnect.afterFailure();
    if (held === 0) timers.advance(timers.next ?? 0);
  }
  expect(timers.next).toBe(1_500);
});

it('comes back when it was told to, spread over a second at least', () => {
  const waits = [0, 0.999_999].map((chance) => {
    const timers = new Chance(() => chance);
    const reconnect = among(timers);
    return [0, 8_000].map((afterMs) => {
      reconnect.ready();
      timers.advance(10_000);
      reconnect.afterFarewell(afterMs);
      return timers.next;
    });
  });
  expect(waits).toEqual([
    [0, 8_000],
    [1_000, 12_000],
  ]);
});

it('is never a tight loop, whatever the server says and however often the device wakes up', () => {
  const said = fc.oneof(
    fc.record({ what: fc.constant('fails' as const), ms: fc.integer({ min: 0, max: 60_000 }) }),
    fc.record({ what: fc.constant('sends away' as const), ms: fc.integer({ min: -5, max: 60_000 }) }),
  );
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(said, fc.nat(9_000), fc.boolean()), { minLength: 2, maxLength: 30 }), chance, (story, drawn) => {
      attempts = [];
      const timers = new Chance(() => drawn);
      const reconnect = among(timers);
      for (const [{ what, ms }, heldMs, isWoken] of story) {
        reconnect.ready();
        timers.advance(heldMs);
        const from = timers.now();
        if (what === 'fails') reconnect.afterFailure(ms);
        else reconnect.afterFarewell(ms);
        if (isWoken) reconnect.nudge();
        timers.advance(timers.next ?? 0);
        expect((attempts.at(-1) ?? 0) - from).toBeGreaterThanOrEqual(ms);
      }
      for (const [index, at] of attempts.entries()) if (index > 0) expect(at - (attempts[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
    }),
  );
});
