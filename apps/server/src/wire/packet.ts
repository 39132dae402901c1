import type { EncodedPacket } from '@parley/domain';

const CHAT = '/chat';
/** Final text frame, unmasked, without extensions (RFC 6455, 5.2). */
const TEXT = 0x81;
const MEDIUM = 126;
const LARGE = 127;

/**
 * Socket.IO protocol 5: `2` (event), the namespace, a comma, JSON. There is never anything binary in our events, so the
 * general encoder, which searches for it, is not needed.
 */
export function encodeEvent(name: string, payload: unknown): EncodedPacket {
  return encode(`2${CHAT},${JSON.stringify([name, payload])}`);
}

/** `3` (ack) to the packet of that id. */
export function encodeAck(id: number, answer: object): EncodedPacket {
  return encode(`3${CHAT},${id}${JSON.stringify([answer])}`);
}

function encode(text: string): EncodedPacket {
  return { texts: [text], frames: frameOf(text) };
}

/** A complete WebSocket frame with `4` (Engine.IO message) and the text. */
function frameOf(text: string): Buffer {
  const bytes = 1 + Buffer.byteLength(text);
  const headerBytes = bytes < MEDIUM ? 2 : bytes < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + bytes);
  frame[0] = TEXT;
  if (headerBytes === 2) frame[1] = bytes;
  else if (headerBytes === 4) {
    frame[1] = MEDIUM;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = LARGE;
    frame.writeBigUInt64BE(BigInt(bytes), 2);
  }
  frame[headerBytes] = 0x34;
  frame.write(text, headerBytes + 1);
  return frame;
}

/** Several as one: their frames are copied once, for however many receivers. */
export function joinPackets(packets: readonly EncodedPacket[]): EncodedPacket {
  const [first] = packets;
  if (first && packets.length === 1) return first;
  return { texts: packets.flatMap(({ texts }) => texts), frames: Buffer.concat(packets.map(({ frames }) => frames)) };
}
