import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { DomainError, FRAME_BYTES, type CallRates } from '@parley/domain';
import { Server } from 'socket.io';
import type { Overload } from '../telemetry/overload.js';
import { Arrivals, type ArrivalLimits, type EngineConnection } from './arrivals.js';
import { decodeCarefully } from './careful-decoder.js';
import { corkWrites } from './cork.js';
import { guardHandshakes, type EngineRequest } from './handshake-gate.js';
import { noteAddress } from './peer.js';

const PATH = '/socket.io';
/** When a stock client of a stopping server should look for another, or for the next. */
const DRAIN_RETRY_MS = 2_000;

export interface SocketServerOptions {
  /** 503 at the handshake: the server is being emptied. */
  readonly isDraining: () => boolean;
  /** Where a request came from, past trusted proxies. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly limits: ArrivalLimits;
  readonly rates: CallRates;
  readonly overload: Overload;
  readonly requestId: () => string;
}

/** Socket.IO on the same port as REST, with engine limits set and nothing reachable but our two namespaces. */
export function createSocketServer(http: HttpServer, options: SocketServerOptions): Server {
  const { addressOf, rates, overload, isDraining, requestId } = options;
  const arrivals = new Arrivals(options.limits);
  const server = new Server(http, {
    path: PATH,
    serveClient: false,
    cors: { origin: '*', credentials: false },
    maxHttpBufferSize: FRAME_BYTES,
    pingInterval: 10_000,
    pingTimeout: 8_000,
    // `Arrivals` is sooner: this one begins a close that a client who does not poll can hold up for as long again.
    connectTimeout: options.limits.handshakeTimeoutMs * 2,
    perMessageDeflate: false,
    httpCompression: false,
    allowEIO3: false,
    cleanupEmptyChildNamespaces: true,
  });
  decodeCarefully(server);
  guardHandshakes(http, {
    path: `${PATH}/`,
    requestId,
    judge: async (request: EngineRequest) => {
      const address = addressOf(request);
      noteAddress(request, address);
      const { sid } = request._query ?? {};
      if (!sid && isDraining())
        throw new DomainError('unavailable', { detail: 'this server takes nobody in', retryAfterMs: DRAIN_RETRY_MS });
      if (!sid) overload.require('fine');
      await rates.arrive(address);
      if (!sid) arrivals.requireRoom(address);
    },
  });
  // Nobody belongs on the main namespace.
  server.use((_, next) => next(Object.assign(new Error('not-found'), { data: { code: 'not-found' } })));
  server.engine.on('connection', corkWrites);
  server.engine.on('connection', (connection: EngineConnection) => arrivals.arrived(connection, addressOf(connection.request)));
  bindSessions(server, arrivals, addressOf);
  for (const namespace of ['/chat', '/admin']) {
    server.of(namespace).on('connection', (socket) => {
      const { id } = socket.conn as unknown as EngineConnection;
      arrivals.joined(id);
      socket.on('disconnect', () => arrivals.left(id));
    });
  }
  return server;
}

/** A session id is good only where it was given: whoever overhears one can neither read nor speak with it (case 94). */
function bindSessions({ engine }: Server, arrivals: Arrivals, addressOf: SocketServerOptions['addressOf']): void {
  engine.use((request: EngineRequest, _response: unknown, next: (error?: Error) => void) => {
    const { sid } = request._query ?? {};
    const owner = sid === undefined ? undefined : arrivals.addressOf(sid);
    next(owner === undefined || owner === addressOf(request) ? undefined : new Error('the session is of another address'));
  });
}
