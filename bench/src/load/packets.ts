/** The part of Engine.IO v4 and Socket.IO v5 that a chat client without attachments speaks, one packet per WebSocket frame. */

export type Packet =
  | { readonly kind: 'open' | 'close' | 'ping' | 'pong' | 'noop' }
  | { readonly kind: 'connect' | 'connect-error' | 'disconnect'; readonly namespace: string; readonly data: unknown }
  | { readonly kind: 'event'; readonly namespace: string; readonly id?: number; readonly args: readonly unknown[] }
  | { readonly kind: 'ack'; readonly namespace: string; readonly id: number; readonly args: readonly unknown[] }
  | { readonly kind: 'unknown' };

const ENGINE_KINDS = { '0': 'open', '1': 'close', '2': 'ping', '3': 'pong', '6': 'noop' } as const;
const SOCKET_KINDS = { '0': 'connect', '1': 'disconnect', '2': 'event', '3': 'ack', '4': 'connect-error' } as const;
const SOCKET_PACKET = /^4([0-4])(?:(\/[^,]*),)?(\d*)/;

export const PONG = '3';
export const connectPacket = (namespace: string, auth: unknown): string => `40${namespace},${JSON.stringify(auth)}`;
export const commandPacket = (namespace: string, id: number, name: string, body: unknown): string =>
  `42${namespace},${id}${JSON.stringify([name, body])}`;

/** Reads any packet; for everything that is not hot. */
export function parsePacket(text: string): Packet {
  const engine = ENGINE_KINDS[text.charAt(0) as keyof typeof ENGINE_KINDS];
  if (engine) return { kind: engine };
  const head = SOCKET_PACKET.exec(text);
  if (!head) return { kind: 'unknown' };
  const kind = SOCKET_KINDS[head[1] as keyof typeof SOCKET_KINDS];
  const namespace = head[2] ?? '/';
  const data: unknown = jsonOf(text.slice(head[0].length));
  if (kind === 'connect' || kind === 'connect-error' || kind === 'disconnect') return { kind, namespace, data };
  if (!Array.isArray(data)) return { kind: 'unknown' };
  if (kind === 'event') return { kind, namespace, ...(head[3] ? { id: Number(head[3]) } : {}), args: data };
  return head[3] ? { kind, namespace, id: Number(head[3]), args: data } : { kind: 'unknown' };
}

function jsonOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An ack as the hot loop needs it. `isOk` is undefined when the first field is another than `ok`: then parse. */
export interface HotAck {
  readonly id: number;
  readonly isOk: boolean | undefined;
}

/** Recognises acks and one event in one namespace from the raw bytes, without making strings of them. */
export class HotPackets {
  private readonly ack: Buffer;
  private readonly event: Buffer;

  constructor(namespace: string, eventName: string) {
    this.ack = Buffer.from(`43${namespace},`);
    this.event = Buffer.from(`42${namespace},["${eventName}"`);
  }

  isEvent(bytes: Buffer, start: number, end: number): boolean {
    return startsWith(bytes, start, end, this.event);
  }

  ackAt(bytes: Buffer, start: number, end: number): HotAck | undefined {
    if (!startsWith(bytes, start, end, this.ack)) return undefined;
    let at = start + this.ack.length;
    let id = 0;
    for (let digit = digitAt(bytes, at); digit >= 0 && at < end; digit = digitAt(bytes, at)) {
      id = id * 10 + digit;
      at += 1;
    }
    if (startsWith(bytes, at, end, OK_TRUE)) return { id, isOk: true };
    return { id, isOk: startsWith(bytes, at, end, OK_FALSE) ? false : undefined };
  }
}

const OK_TRUE = Buffer.from('[{"ok":true');
const OK_FALSE = Buffer.from('[{"ok":false');

/** Value of a decimal digit, negative for every other byte. */
export function digitAt(bytes: Buffer, at: number): number {
  const digit = (bytes[at] ?? 0) - 48;
  return digit <= 9 ? digit : -1;
}

function startsWith(bytes: Buffer, start: number, end: number, prefix: Buffer): boolean {
  if (end - start < prefix.length) return false;
  // From behind: packets differ at the end of the prefix.
  for (let index = prefix.length - 1; index >= 0; index -= 1) if (bytes[start + index] !== prefix[index]) return false;
  return true;
}
