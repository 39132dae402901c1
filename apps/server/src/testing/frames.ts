import { randomBytes } from 'node:crypto';

export interface FrameOptions {
  /** 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong. */
  readonly opcode?: number;
  readonly isFinal?: boolean;
  /** RSV1 to RSV3, as bits 4, 2, 1. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** What the header says, where it lies. */
  readonly length?: number;
}

/** One WebSocket frame (RFC 6455, 5.2), right or wrong. */
export function frameOf(payload: Buffer | string, options: FrameOptions = {}): Buffer {
  const { opcode = 1, isFinal = true, reserved = 0, isMasked = true } = options;
  const bytes = Buffer.from(payload);
  const { length = bytes.length } = options;
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const header = [Buffer.from([first]), lengthOf(length, isMasked)];
  if (!isMasked) return Buffer.concat([...header, bytes]);
  const mask = randomBytes(4);
  return Buffer.concat([...header, mask, bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function lengthOf(length: number, isMasked: boolean): Buffer {
  const bit = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.from([bit | length]);
  if (length < 65_536) return Buffer.from([bit | 126, length >> 8, length & 0xff]);
  const long = Buffer.alloc(9);
  long[0] = bit | 127;
  long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}
