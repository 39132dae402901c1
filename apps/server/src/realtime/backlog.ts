import type { Socket } from 'socket.io';

/** Bytes that may wait for a client that asks and does not read the answers (G20). */
const BYTES_MAX = 1_048_576;

/** What we use of engine.io's socket. */
interface EngineSocket {
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: { readonly socket?: { readonly _socket?: { readonly writableLength: number } } };
  close(discard?: boolean): void;
}

/** Has this client so much to read already that it gets no more? */
export function isBehind(socket: Socket): boolean {
  const { writeBuffer, transport } = socket.conn as unknown as EngineSocket;
  let waiting = transport.socket?._socket?.writableLength ?? 0;
  for (const { data } of writeBuffer) if (typeof data === 'string') waiting += data.length;
  return waiting > BYTES_MAX;
}

/** Without a goodbye, which it would not read either: a stock client comes back by itself and heals by difference. */
export const cutOff = (socket: Socket): void => (socket.conn as unknown as EngineSocket).close(true);
