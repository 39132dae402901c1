/** RFC 6455 frames, as far as a load generator needs them: client to server masked with a zero key, server to client read in place. */

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG_FRAME = 10;
const MAX_PAYLOAD = 16 * 1024 * 1024;

/** Frames must be masked (5.3); a key of zeros leaves the payload as it is and costs nothing. */
export function encodeFrame(payload: string | Buffer, opcode = TEXT): Buffer {
  const length = Buffer.byteLength(payload);
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extra + 4 + length);
  frame[0] = 0x80 | opcode;
  if (extra === 0) frame[1] = 0x80 | length;
  else if (extra === 2) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.fill(0, 2 + extra, 6 + extra);
  if (typeof payload === 'string') frame.write(payload, 6 + extra, 'utf8');
  else payload.copy(frame, 6 + extra);
  return frame;
}

/** `bytes[start, end)` is valid only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Cuts a byte stream into frames. Fragmented messages are refused: Socket.IO servers never send them. */
export class FrameReader {
  private rest: Buffer | undefined;
  private readonly onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    const bytes = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= 2) {
      const start = this.payloadStart(bytes, at);
      if (start === undefined) break;
      const end = start + this.lengthAt(bytes, at);
      if (end > bytes.length) break;
      this.onFrame((bytes[at] ?? 0) & 0x0f, bytes, start, end);
      at = end;
    }
    // Copied: the caller reuses its chunk.
    this.rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined;
  }

  private payloadStart(bytes: Buffer, at: number): number | undefined {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    if ((first & 0x80) === 0 || (first & 0x0f) === 0) throw new Error('a fragmented frame');
    if ((second & 0x80) !== 0) throw new Error('a masked frame from a server');
    const short = second & 0x7f;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    return start <= bytes.length ? start : undefined;
  }

  private lengthAt(bytes: Buffer, at: number): number {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    if (short < 126) return short;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (length > MAX_PAYLOAD) throw new Error(`a frame of ${length} bytes`);
    return length;
  }
}
