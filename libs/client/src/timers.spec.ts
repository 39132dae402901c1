import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { newClientMessageId } from './client-message-id.js';
import { backoffMs, jittered } from './timers.js';

it('waits between 1 s and 30 s, longer with every failure, spread by chance', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, chance) => {
      const ms = backoffMs(failures, () => chance);
      expect(ms).toBeGreaterThanOrEqual(1_000);
      expect(ms).toBeLessThanOrEqual(30_000);
    }),
  );
  expect([0, 1, 2, 3, 4, 5].map((failures) => backoffMs(failures, () => 0.999_999))).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect([jittered(1_000, () => 0), jittered(1_000, () => 0.999_999)]).toEqual([1_000, 1_500]);
});

it('makes ids also where the platform has no randomUUID', () => {
  const ids = new Set<string>();
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  for (let made = 0; made < 100; made += 1) ids.add(newClientMessageId());
  vi.unstubAllGlobals();
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
