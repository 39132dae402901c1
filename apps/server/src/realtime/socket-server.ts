import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { FRAME_BYTES } from '@parley/domain';
import { Server } from 'socket.io';
import { corkWrites } from './cork.js';
import { noteAddress } from './peer.js';

/** A handshake that joins no namespace is closed after this. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface SocketServerOptions {
  /** 503 at the handshake: the server is stopping. */
  readonly isDraining: () => boolean;
  /** Where a request came from, past trusted proxies. */
  readonly addressOf: (request: IncomingMessage) => string;
}

/** Socket.IO on the same port as REST, with engine limits set and nothing reachable but our two namespaces. */
export function createSocketServer(http: HttpServer, options: SocketServerOptions): Server {
  const server = new Server(http, {
    path: '/socket.io',
    serveClient: false,
    cors: { origin: '*', credentials: false },
    maxHttpBufferSize: FRAME_BYTES,
    pingInterval: 10_000,
    pingTimeout: 8_000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    perMessageDeflate: false,
    httpCompression: false,
    allowEIO3: false,
    cleanupEmptyChildNamespaces: true,
    allowRequest: (request, done) => {
      noteAddress(request, options.addressOf(request));
      done(options.isDraining() ? 'draining' : null, !options.isDraining());
    },
  });
  // Nobody belongs on the main namespace.
  server.use((_, next) => next(Object.assign(new Error('not-found'), { data: { code: 'not-found' } })));
  server.engine.on('connection', corkWrites);
  bindSessions(server, options.addressOf);
  return server;
}

/** A session id is good only where it was given: whoever overhears one can neither read nor speak with it (case 94). */
function bindSessions({ engine }: Server, addressOf: SocketServerOptions['addressOf']): void {
  const owners = new Map<string, string>();
  engine.on('connection', (socket: { id: string; request: IncomingMessage; on(event: 'close', listener: () => void): void }) => {
    owners.set(socket.id, addressOf(socket.request));
    socket.on('close', () => owners.delete(socket.id));
  });
  engine.use((request: IncomingMessage & { _query?: { sid?: string } }, _response: unknown, next: (error?: Error) => void) => {
    const { sid } = request._query ?? {};
    const owner = sid === undefined ? undefined : owners.get(sid);
    next(owner === undefined || owner === addressOf(request) ? undefined : new Error('the session is of another address'));
  });
}
