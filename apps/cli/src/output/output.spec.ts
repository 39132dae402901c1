import { describe, expect, it } from 'vitest';
import { secondsOf } from '../duration.js';
import { collect } from '../paging.js';
import { bytes, time } from './format.js';
import { fieldsOf, tableOf } from './table.js';
import { cut, printable, widthOf } from './text.js';

describe('text', () => {
  it('keeps joiners, and drops what moves a cursor or turns a line', () => {
    expect(printable('a\tb\r\nc\u0007\u202e')).toBe('a b c\ufffd\ufffd');
    expect(printable('👩‍💻')).toBe('👩‍💻');
  });

  it('counts columns, not letters', () => {
    expect([widthOf('abc'), widthOf('日本'), widthOf('e\u0301'), widthOf('🎉')]).toEqual([3, 4, 1, 2]);
    expect(cut('日本語', 5)).toBe('日本…');
  });
});

describe('tables', () => {
  it('align wide letters and cut the line at a terminal’s edge', () => {
    const rows = [
      { name: '日本', n: 1 },
      { name: 'a', n: 22 },
    ];
    expect(tableOf(rows, { NAME: (row) => row.name, N: (row) => row.n })).toBe('NAME  N\n日本  1\na     22');
    expect(tableOf(rows, { NAME: (row) => row.name, N: (row) => row.n }, 6)).toBe('NAME …\n日本 …\na    …');
    expect(fieldsOf({ Id: 'x', Gone: undefined, Muted: false })).toBe('Id     x\nMuted  no');
  });
});

describe('durations, times, sizes', () => {
  it('are read and written as people do', () => {
    expect(['90s', '15m', '1h30m', '2d', '1w'].map(secondsOf)).toEqual([90, 900, 5400, 172_800, 604_800]);
    for (const wrong of ['', '30', '1 h', '-1h', '0s', '1y']) expect(() => secondsOf(wrong)).toThrow();
    expect(time('2026-03-01T10:20:30.123Z')).toBe('2026-03-01 10:20:30Z');
    expect([0, 999, 1500, 2.5e9, 150e9].map(bytes)).toEqual(['0 B', '999 B', '1.5 kB', '2.5 GB', '150 GB']);
  });
});

it('stops collecting at its bound and says where to go on', async () => {
  let asked = 0;
  const page = await collect(() => Promise.resolve({ items: [(asked += 1)], nextCursor: `c${asked}` }), {
    maxPages: 3,
    progress: () => undefined,
  });
  expect(page).toEqual({ items: [1, 2, 3], nextCursor: 'c3' });
});
