import {
  AuthService,
  Clock,
  Connections,
  DomainError,
  limitsOf,
  replayable,
  Random,
  Store,
  SyncService,
  UserService,
  type SyncAnswer,
  type UserActor,
} from '@parley/domain';
import {
  FEATURES,
  parseInput,
  presentProblem,
  presentReadyRooms,
  presentRoomEvent,
  presentUser,
  presentUserEvent,
  Resume,
} from '@parley/protocol';
import type { Namespace, Socket } from 'socket.io';
import { ChatConnection } from './chat-connection.js';
import { ChatSession, sessionOf } from './chat-session.js';
import { bindConnection } from './connections.js';
import { serve, type DispatchOptions } from './dispatch.js';
import type { BoundCommand } from './on-socket.js';
import { addressOf } from './peer.js';
import { encodeAck } from '../wire/packet.js';

/**
 * A handshake that cannot be answered for now: the transport closes, and a stock client comes back by itself. After a
 * refusal it never would, so only refusals of the caller are told as such; what went wrong on this side is not.
 */
const isPassing = (error: unknown): boolean => !(error instanceof DomainError) || error.kind === 'unavailable' || error.kind === 'internal';

export interface ChatParts {
  readonly auth: AuthService;
  readonly users: UserService;
  readonly syncs: SyncService;
  readonly store: Store;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly random: Random;
}

/** `/chat`: users. Authenticated in its own middleware; a refused credential is final, an overloaded server is not. */
export function openChat(
  namespace: Namespace,
  parts: ChatParts,
  commands: ReadonlyMap<string, BoundCommand>,
  options: DispatchOptions,
): void {
  namespace.use((socket, next) => {
    admit(socket, parts)
      .then((actor) => {
        socket.data.actor = actor;
        next();
      })
      .catch((error: unknown) => {
        if (isPassing(error)) {
          if (!(error instanceof DomainError)) options.onError(error, 'connect');
          socket.conn.close();
          return;
        }
        next(refusal(error, options));
      });
  });
  namespace.on('connection', (socket) => {
    const actor = socket.data.actor as UserActor;
    const connection = new ChatConnection(socket, { tenantId: actor.tenantId, userNo: actor.user.no }, actor.signingKeyId);
    const session = new ChatSession(socket, connection, actor, () => parts.clock.now());
    bindConnection(socket, connection);
    answerThrough(socket, connection);
    parts.connections.add(connection);
    socket.on('disconnect', () => {
      session.stop();
      connection.stop();
      parts.connections.remove(connection);
    });
    // The request of the handshake is not needed any more and would be kept as long as the socket.
    (socket.conn as { request?: unknown }).request = undefined;
    serve(socket, '/chat', commands, () => sessionOf(socket).actor, options);
    begin(socket, connection, actor, parts).catch((error: unknown) => {
      if (!(error instanceof DomainError)) options.onError(error, 'session.ready');
      socket.conn.close();
    });
  });
}

/** Answers leave with the events of the same turn, and are not searched for binary parts that no answer has. */
function answerThrough(socket: Socket, connection: ChatConnection): void {
  (socket as unknown as { ack(id: number): (answer: object) => void }).ack = (id) => (answer) => connection.answer(encodeAck(id, answer));
}

async function admit(socket: Socket, { auth, store, connections, random }: ChatParts): Promise<UserActor> {
  const { token, resume } = socket.handshake.auth as { token?: unknown; resume?: unknown };
  if (typeof token !== 'string' || token === '') throw new DomainError('unauthenticated');
  if (resume !== undefined && resume !== null) socket.data.resume = parseInput(Resume, resume);
  const actor = await auth.userByToken(token, { requestId: random.uuid(), ip: addressOf(socket), origin: socket.handshake.headers.origin });
  const tenant = await store.tenant(actor.tenantId, (tx) => tx.tenant.get());
  if (!tenant) throw new DomainError('token-invalid');
  const { socketsPerUser } = limitsOf(tenant);
  if (connections.of({ tenantId: actor.tenantId, userNo: actor.user.no }).size >= socketsPerUser) {
    throw new DomainError('quota-exceeded', { detail: `at most ${socketsPerUser} connections per user` });
  }
  return actor;
}

function refusal(error: unknown, options: DispatchOptions): Error {
  const known = error instanceof DomainError ? error : new DomainError('internal');
  return Object.assign(new Error(known.code), { data: presentProblem(known, options.requestId()) });
}

/** Subscribed first, heads after, and events wait until both are told: nothing falls between. */
async function begin(
  socket: Socket,
  connection: ChatConnection,
  actor: UserActor,
  { syncs, users, connections, clock }: ChatParts,
): Promise<void> {
  for (const room of await syncs.joinedRooms(actor)) connections.subscribe(connection, { tenantId: actor.tenantId, roomNo: room.no });
  const ready = await syncs.ready(actor);
  const { missed, incomplete } = await resume(
    socket.data.resume as Resume | undefined,
    actor,
    syncs,
    ready.rooms.map(({ room }) => room.id),
  );
  const user = await users.me(actor);
  if (!socket.connected) return;
  for (const event of missed?.user?.events ?? []) socket.emit(event.type, presentUserEvent(event));
  for (const room of missed?.rooms ?? [])
    if ('events' in room) for (const event of room.events) socket.emit(event.type, presentRoomEvent(event));
  connection.userPts = ready.userPts;
  socket.emit('session.ready', {
    user: presentUser(user),
    device: actor.device,
    serverTime: clock.now().toISOString(),
    features: [...FEATURES],
    userPts: ready.userPts,
    unreadTotal: ready.unreadTotal,
    rooms: presentReadyRooms(ready, incomplete),
    more: ready.hasMore,
  });
  connection.open();
  socket.data.resume = undefined;
}

/** What was missed, in order and within limits; rooms that could not be replayed whole are named for `sync`. */
async function resume(
  positions: Resume | undefined,
  actor: UserActor,
  syncs: SyncService,
  listed: readonly string[],
): Promise<{ missed?: SyncAnswer; incomplete: ReadonlySet<string> }> {
  if (!positions) return { incomplete: new Set() };
  const all = Object.entries(positions.rooms ?? {}).map(([roomId, afterPts]) => ({ roomId, afterPts }));
  const replayed = replayable(all, listed);
  const missed = await syncs.sync(actor, { userPts: positions.userPts, rooms: replayed });
  const whole = new Set(missed.rooms.flatMap((room) => ('events' in room && room.complete ? [room.roomId] : [])));
  return { missed, incomplete: new Set(all.flatMap(({ roomId }) => (whole.has(roomId) ? [] : [roomId]))) };
}
