import { createRequire } from 'node:module';
import type { EncodedPacket } from '@parley/domain';

/** `Sender.frame` of ws: a complete WebSocket frame, the same for every receiver. */
interface FrameMaker {
  frame(data: Buffer, options: { fin: boolean; rsv1: boolean; opcode: number; mask: boolean; readOnly: boolean }): Buffer[];
}

const require = createRequire(createRequire(import.meta.url).resolve('engine.io'));
const { Sender } = require('ws') as { Sender: FrameMaker };

const CHAT = '/chat';

/**
 * Socket.IO protocol 5: `2` (event), the namespace, a comma, JSON. Engine.IO puts `4` (message) before it. There is never
 * anything binary in our events, so the general encoder, which searches for it, is not needed.
 */
export function encodeEvent(name: string, payload: unknown): EncodedPacket {
  const text = `2${CHAT},${JSON.stringify([name, payload])}`;
  const [header, body] = Sender.frame(Buffer.from(`4${text}`), { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true });
  return { text, frame: header && body ? Buffer.concat([header, body]) : Buffer.alloc(0) };
}
