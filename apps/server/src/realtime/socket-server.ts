import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { FRAME_BYTES } from '@parley/domain';
import { Server } from 'socket.io';
import { corkWrites } from './cork.js';

/** A handshake that joins no namespace is closed after this. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface SocketServerOptions {
  /** 503 at the handshake: the server is stopping. */
  readonly isDraining: () => boolean;
  readonly onRequest: (request: IncomingMessage) => void;
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
      options.onRequest(request);
      done(options.isDraining() ? 'draining' : null, !options.isDraining());
    },
  });
  // Nobody belongs on the main namespace.
  server.use((_, next) => next(Object.assign(new Error('not-found'), { data: { code: 'not-found' } })));
  server.engine.on('connection', corkWrites);
  return server;
}
