import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';

const ADDRESSES = new WeakMap<IncomingMessage, string>();

/** Set where the request comes in, by whoever knows the trusted proxies. */
export function noteAddress(request: IncomingMessage, address: string): void {
  ADDRESSES.set(request, address);
}

export function addressOf(socket: Socket): string | undefined {
  const { request } = socket.conn as { request?: IncomingMessage };
  return request && (ADDRESSES.get(request) ?? request.socket.remoteAddress);
}
