import type { MessageWindow } from '../../ports/room-log.js';

export interface SeqRange {
  readonly from: number;
  readonly to: number;
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

/** Message numbers have no gap, so a window is a range of them. `around` puts the anchor in the middle. */
export function windowOf({ limit, beforeSeq, afterSeq, aroundSeq, floorSeq = 0 }: MessageWindow, lastSeq: number): SeqRange {
  const first = floorSeq + 1;
  if (afterSeq !== undefined) {
    const from = Math.max(first, afterSeq + 1);
    return range(from, Math.min(lastSeq, from + limit - 1), first, lastSeq);
  }
  if (aroundSeq !== undefined) {
    const from = Math.max(first, aroundSeq - Math.floor(limit / 2));
    return range(from, Math.min(lastSeq, from + limit - 1), first, lastSeq);
  }
  const to = Math.min(lastSeq, (beforeSeq ?? lastSeq + 1) - 1);
  return range(Math.max(first, to - limit + 1), to, first, lastSeq);
}

const range = (from: number, to: number, first: number, lastSeq: number): SeqRange => ({
  from,
  to,
  hasMoreBefore: from > first && lastSeq >= first,
  hasMoreAfter: to < lastSeq,
});
