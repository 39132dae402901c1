import { styleText } from 'node:util';
import type { Status } from '../doctor/check.js';

const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], fail: ['red', '✗'], skip: ['gray', '-'] } as const;

/** Coloured only on a terminal, and not with NO_COLOR. */
export function marked(status: Status): string {
  const [colour, sign] = MARKS[status];
  return styleText(colour, sign, { stream: process.stdout });
}
