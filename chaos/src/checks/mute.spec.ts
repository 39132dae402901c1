import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from './history.ts';
import { heardAllTheSame, type Excused } from './mute.ts';

const attempt = (startedAt: number): Excused => ({ client: 'alpha/u1#0', clientMessageId: 'c-1', startedAt, tookMs: 8_000 });
const idAt = (at: number): string => {
  const hex = Math.round(performance.timeOrigin + at)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};
const answered = (storedAt: number, deduplicated = true): HistoryEvent =>
  ({ kind: 'send-ok', client: 'alpha/u1#0', clientMessageId: 'c-1', messageId: idAt(storedAt), deduplicated }) as HistoryEvent;
const found = (storedAt: number, blows: readonly number[] = [1_000], deduplicated?: boolean): number =>
  heardAllTheSame([attempt(2_000), attempt(11_000)], blows, [answered(storedAt, deduplicated)]).length;

describe('a send on a connection that fell mute', () => {
  it('is held against the server when it was stored by that very attempt', () => {
    expect([found(2_100), found(12_000), found(1_950)]).toEqual([1, 1, 1]);
    expect(heardAllTheSame([attempt(2_000)], [], [answered(2_100)])[0]).toContain('alpha/u1#0 c-1');
  });

  it('is not, when an attempt before or after stored it, or sockets were destroyed meanwhile', () => {
    expect([found(500), found(10_500), found(20_000)]).toEqual([0, 0, 0]);
    expect([found(2_100, [2_050]), found(2_100, [9_000]), found(2_100, [11_500])]).toEqual([0, 0, 1]);
    expect(found(2_100, [], false)).toBe(0);
  });
});
