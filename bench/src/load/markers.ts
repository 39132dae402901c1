import { digitAt } from './packets.ts';

/** What a text carries so that receivers can tell who sent it, as which of theirs, and when. */
export interface Marker {
  readonly sender: number;
  /** 1, 2, 3, ... per sender. */
  readonly n: number;
  /** Microseconds on the load generator's monotonic clock. */
  readonly sentAt: number;
}

const SIGN = Buffer.from('@@');

/** A text of exactly `length` ASCII characters, opened by its marker. */
export function markedText(marker: Marker, length: number): string {
  return `@@${marker.sender}.${marker.n}.${marker.sentAt} `.padEnd(length, 'lorem ipsum dolor sit amet ').slice(0, length);
}

/** Finds the marker in a packet's raw bytes. */
export function markerIn(bytes: Buffer, start: number, end: number): Marker | undefined {
  const found = bytes.indexOf(SIGN, start);
  if (found < 0 || found >= end) return undefined;
  const numbers = [0, 0, 0];
  let at = found + SIGN.length;
  for (let field = 0; field < numbers.length; field += 1) {
    let value = 0;
    for (let digit = digitAt(bytes, at); digit >= 0 && at < end; digit = digitAt(bytes, at)) {
      value = value * 10 + digit;
      at += 1;
    }
    numbers[field] = value;
    at += 1;
  }
  const [sender = 0, n = 0, sentAt = 0] = numbers;
  return n === 0 ? undefined : { sender, n, sentAt };
}
