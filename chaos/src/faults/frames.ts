const HEADERS_END = Buffer.from('\r\n\r\n');
/** A Socket.IO event of a namespace, as Engine.IO writes it: message (4), event (2). */
const EVENT = '42';
const FRAME_MAX = 1_000_000;

/**
 * The client's direction of a connection that may become a WebSocket (RFC 6455): passes bytes on, and knows where
 * frames begin and end, so that a whole message can be passed on twice.
 */
export class Frames {
  private head: Buffer = Buffer.alloc(0);
  private state: 'headers' | 'frames' | 'opaque' = 'headers';
  private rest: Buffer = Buffer.alloc(0);

  /** Follows along without changing anything. */
  pass(chunk: Buffer): Buffer {
    this.split(chunk);
    return chunk;
  }

  /** Every whole event is followed by itself once more. What began before stays as it is. */
  repeat(chunk: Buffer): { readonly bytes: Buffer; readonly repeats: number } {
    const carried = this.rest.length;
    const { frames, before } = this.split(chunk);
    if (frames.length === 0) return { bytes: chunk, repeats: 0 };
    const parts: Buffer[] = [before];
    let repeats = 0;
    frames.forEach((frame, index) => {
      // The first frame's beginning has gone out with an earlier chunk.
      parts.push(index === 0 ? frame.subarray(carried) : frame);
      if (!isEvent(frame)) return;
      parts.push(frame);
      repeats += 1;
    });
    return { bytes: Buffer.concat([...parts, this.rest]), repeats };
  }

  private split(chunk: Buffer): { readonly frames: readonly Buffer[]; readonly before: Buffer } {
    const none = { frames: [], before: chunk };
    if (this.state === 'opaque') return none;
    if (this.state === 'headers') {
      this.head = Buffer.concat([this.head, chunk]);
      const end = this.head.indexOf(HEADERS_END);
      if (end < 0) return none;
      const isUpgrade = /^upgrade:\s*websocket/im.test(this.head.subarray(0, end).toString('latin1'));
      const before = this.head.length - chunk.length;
      const body = this.head.subarray(end + HEADERS_END.length);
      this.state = isUpgrade ? 'frames' : 'opaque';
      this.head = Buffer.alloc(0);
      if (!isUpgrade || body.length === 0) return none;
      return { frames: this.take(body), before: chunk.subarray(0, end + HEADERS_END.length - before) };
    }
    return { frames: this.take(chunk), before: Buffer.alloc(0) };
  }

  private take(bytes: Buffer): readonly Buffer[] {
    let left = Buffer.concat([this.rest, bytes]);
    const frames: Buffer[] = [];
    for (let length = frameLength(left); length !== undefined && length <= left.length; length = frameLength(left)) {
      frames.push(left.subarray(0, length));
      left = left.subarray(length);
    }
    this.rest = left;
    if (left.length > FRAME_MAX) this.state = 'opaque';
    return frames;
  }
}

function frameLength(bytes: Buffer): number | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const mask = (second & 0x80) === 0 ? 0 : 4;
  const short = second & 0x7f;
  if (short < 126) return 2 + mask + short;
  if (short === 126) return bytes.length < 4 ? undefined : 4 + mask + bytes.readUInt16BE(2);
  return bytes.length < 10 ? undefined : 10 + mask + Number(bytes.readBigUInt64BE(2));
}

/** A whole text frame that begins with an event; clients mask what they send. */
function isEvent(frame: Buffer): boolean {
  if (frame[0] !== 0x81) return false;
  const short = (frame[1] ?? 0) & 0x7f;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  const mask = frame.subarray(at, at + 4);
  const payload = frame.subarray(at + 4, at + 6);
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index] ?? 0))).toString('latin1') === EVENT;
}
