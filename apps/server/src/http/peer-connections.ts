import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '@parley/domain';

export interface PeerLimits {
  /** A trusted proxy carries many; behind it the address of a request counts. */
  readonly isTrusted: (address: string) => boolean;
  readonly connectionsPerAddress: number;
  readonly responseTimeoutMs: number;
}

const LOOK_EVERY_MS = 1_000;
const TOO_MANY =
  'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n';

/** TCP connections of the port: no peer has more than its share, and none leaves answers lying (cases 88, 100). */
export function limitPeers(server: HttpServer, { isTrusted, connectionsPerAddress, responseTimeoutMs }: PeerLimits): void {
  const peers = new Map<string, number>();
  /** Of those that speak HTTP, since when bytes have been waiting to leave. */
  const unread = new Map<Socket, number | undefined>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    if (address === undefined) return;
    unread.set(socket, undefined);
    socket.on('close', () => unread.delete(socket));
    if (isTrusted(address)) return;
    const peer = addressGroup(address);
    const count = (peers.get(peer) ?? 0) + 1;
    peers.set(peer, count);
    socket.on('close', () => {
      const left = (peers.get(peer) ?? 1) - 1;
      if (left === 0) peers.delete(peer);
      else peers.set(peer, left);
    });
    if (count > connectionsPerAddress) socket.end(TOO_MANY, () => socket.destroy());
  });
  // From here on it is a socket's connection, which has limits of its own (G20).
  server.on('upgrade', (_request: unknown, socket: Socket) => unread.delete(socket));
  const timer = setInterval(() => closeUnread(unread, responseTimeoutMs), LOOK_EVERY_MS).unref();
  server.on('close', () => clearInterval(timer));
}

/** Node has no limit for how long an answer may take to be read. */
function closeUnread(unread: Map<Socket, number | undefined>, limitMs: number): void {
  const now = performance.now();
  for (const [socket, since] of unread) {
    if (socket.writableLength === 0) unread.set(socket, undefined);
    else if (since === undefined) unread.set(socket, now);
    else if (now - since >= limitMs) socket.destroy();
  }
}
