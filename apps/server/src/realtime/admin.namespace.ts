import { DomainError, OperatorService, Random, type PlatformActor } from '@parley/domain';
import { presentProblem } from '@parley/protocol';
import type { Namespace, Socket } from 'socket.io';
import { AdminGateway } from './admin.gateway.js';
import { serve, type DispatchOptions } from './dispatch.js';
import type { BoundCommand } from './on-socket.js';
import { addressOf } from './peer.js';

export interface AdminParts {
  readonly operators: OperatorService;
  readonly random: Random;
  /** The secret of the session cookie among the headers, or undefined. */
  readonly sessionSecret: (cookies: string | undefined) => string | undefined;
  readonly isOwnOrigin: (origin: string, host: string | undefined) => boolean;
}

/** The Socket.IO room of operators with a platform-wide role. */
export const PLATFORM = 'platform';
/** An open socket is no licence: its credential is checked again this often, and at each command. */
const RECHECK_MS = 10_000;

/** `/admin`: operators. A cookie counts only from the dashboard's own origin (case 82). */
export function openAdmin(
  namespace: Namespace,
  parts: AdminParts,
  gateway: AdminGateway,
  commands: ReadonlyMap<string, BoundCommand>,
  options: DispatchOptions,
): void {
  namespace.use((socket, next) => {
    admit(socket, parts)
      .then((actor) => {
        socket.data.actor = actor;
        // Figures of the whole installation are for those who were granted the whole.
        if (actor.role !== undefined) void socket.join(PLATFORM);
        next();
      })
      .catch((error: unknown) => {
        const known = error instanceof DomainError ? error : new DomainError('internal');
        if (known.code === 'internal') options.onError(error, 'connect');
        next(Object.assign(new Error(known.code), { data: presentProblem(known, options.requestId()) }));
      });
  });
  namespace.on('connection', (socket) => {
    const timer = setInterval(
      () => void admit(socket, parts).catch((error: unknown) => endUnlessPassing(socket, error)),
      RECHECK_MS,
    ).unref();
    socket.on('disconnect', () => {
      clearInterval(timer);
      gateway.stopWatching(socket);
    });
    // Who was signed out or lost a role since the socket opened is judged by what holds now.
    serve(socket, '/admin', commands, () => admit(socket, parts), options);
  });
}

async function admit(socket: Socket, { operators, random, sessionSecret, isOwnOrigin }: AdminParts): Promise<PlatformActor> {
  const { origin, host, cookie } = socket.handshake.headers;
  const call = { requestId: random.uuid(), ip: addressOf(socket) };
  const { token } = socket.handshake.auth as { token?: unknown };
  if (typeof token === 'string') return (await operators.byToken(token, call)).actor;
  // Browsers name no origin on a GET to their own; then they say that it was one.
  const isOwn = origin === undefined ? socket.handshake.headers['sec-fetch-site'] === 'same-origin' : isOwnOrigin(origin, host);
  if (!isOwn) throw new DomainError('forbidden', { detail: 'the dashboard connects from its own origin only' });
  const secret = sessionSecret(cookie);
  if (secret === undefined) throw new DomainError('unauthenticated');
  const { actor, operator } = await operators.bySession(secret, call);
  if (operator.mustChangePassword) throw new DomainError('password-change-required');
  return actor;
}

function endUnlessPassing(socket: Socket, error: unknown): void {
  if (!(error instanceof DomainError) || error.kind !== 'unavailable') socket.disconnect(true);
}
