import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Reading the device's clock in any of the ways there are. */
const WALL_CLOCK = /\bDate\s*\.\s*now\b|\bnew\s+Date\b|\bDate\s*\(|performance\s*\.\s*timeOrigin|\bTemporal\b/;
/** The one place that knows of time at all: `performance.now()`, of which only differences are used. */
const TIMERS = 'timers.ts';
const CLOCK_OR_TIMER = /\bperformance\b|(?<![.\w])(set|clear)(Timeout|Interval)\s*\(|AbortSignal\.timeout/;
/** Time limits of `fetch` are the platform's own, and monotonic. */
const MAY_LIMIT = new Set([TIMERS, 'http.ts']);

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
const codeOf = (name: string): string => readFileSync(join(folder, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

it('no decision of the SDK can rest on the clock of the device: nothing reads it', () => {
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((name) => WALL_CLOCK.test(codeOf(name)))).toEqual([]);
  expect(files.filter((name) => CLOCK_OR_TIMER.test(codeOf(name)) && !MAY_LIMIT.has(name))).toEqual([]);
});

it('would see it', () => {
  for (const code of ['Date.now()', 'new Date()', 'Date()', 'performance.timeOrigin'])
    expect([code, WALL_CLOCK.test(code)]).toEqual([code, true]);
  for (const code of ['setTimeout(run, 1)', 'performance.now()']) expect([code, CLOCK_OR_TIMER.test(code)]).toEqual([code, true]);
  expect(CLOCK_OR_TIMER.test('timers.setTimeout(run, 1)')).toBe(false);
});
