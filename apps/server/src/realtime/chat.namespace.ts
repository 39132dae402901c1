import {
  AuthService,
  Clock,
  Connections,
  DomainError,
  ListenService,
  limitsOf,
  listedRooms,
  PresenceService,
  replayable,
  Random,
  SyncService,
  type EncodedPacket,
  type RoomEvent,
  type Session,
  type Start,
  type SyncAnswer,
  type UserActor,
} from '@parley/domain';
import {
  FEATURES,
  parseInput,
  presentProblem,
  presentRoomEvent,
  presentStartRooms,
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
import { encodeAck, encodeEvent } from '../wire/packet.js';
import type { Seats } from './seats.js';

/**
 * A handshake that cannot be answered for now: the transport closes, and a stock client comes back by itself. After a
 * refusal it never would, so only refusals of the caller are told as such; what went wrong on this side is not.
 */
const isPassing = (error: unknown): boolean => !(error instanceof DomainError) || error.kind === 'unavailable' || error.kind === 'internal';

export interface ChatParts {
  readonly auth: AuthService;
  readonly syncs: SyncService;
  readonly listen: ListenService;
  readonly connections: Connections;
  readonly presence: PresenceService;
  readonly seats: Seats;
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
      .then((session) => {
        socket.data.session = session;
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
    const session = socket.data.session as Session;
    const { actor, user } = session;
    socket.data.session = undefined;
    const connection = new ChatConnection(socket, { tenantId: actor.tenantId, userNo: user.no }, user.version, actor.signingKeyId);
    const life = new ChatSession(socket, connection, actor, () => parts.clock.now());
    bindConnection(socket, connection);
    answerThrough(socket, connection);
    parts.connections.add(connection);
    parts.presence.note(connection.user);
    socket.on('disconnect', () => {
      life.stop();
      connection.stop();
      parts.connections.remove(connection);
      parts.presence.forget(connection);
    });
    // The request of the handshake is not needed any more and would be kept as long as the socket.
    (socket.conn as { request?: unknown }).request = undefined;
    serve(socket, '/chat', commands, () => sessionOf(socket).actor, options);
    begin(socket, connection, session, parts).catch((error: unknown) => {
      if (!(error instanceof DomainError)) options.onError(error, 'session.ready');
      socket.conn.close();
    });
  });
}

/** Answers leave with the events of the same turn, and are not searched for binary parts that no answer has. */
function answerThrough(socket: Socket, connection: ChatConnection): void {
  (socket as unknown as { ack(id: number): (answer: object) => void }).ack = (id) => (answer) => connection.answer(encodeAck(id, answer));
}

async function admit(socket: Socket, { auth, seats, random }: ChatParts): Promise<Session> {
  const { token, resume } = socket.handshake.auth as { token?: unknown; resume?: unknown };
  if (typeof token !== 'string' || token === '') throw new DomainError('unauthenticated');
  if (resume !== undefined && resume !== null) socket.data.resume = parseInput(Resume, resume);
  const session = await auth.session(token, { requestId: random.uuid(), ip: addressOf(socket), origin: socket.handshake.headers.origin });
  const { actor, tenant } = session;
  seats.take(socket, { tenantId: actor.tenantId, userNo: actor.user.no }, limitsOf(tenant));
  return session;
}

function refusal(error: unknown, options: DispatchOptions): Error {
  const known = error instanceof DomainError ? error : new DomainError('internal');
  return Object.assign(new Error(known.code), { data: presentProblem(known, options.requestId()) });
}

/** Events wait until it is told where everything stood when it was subscribed: nothing falls between. */
async function begin(
  socket: Socket,
  connection: ChatConnection,
  { actor, user }: Session,
  { syncs, listen, connections, clock }: ChatParts,
): Promise<void> {
  const { start, behind } = await listen.toAll(actor, (room) => connections.subscribe(connection, room));
  // Banned or deactivated while it came in: the next handshake is told so.
  if (start.userVersion !== user.version) throw new DomainError('unavailable');
  const { rooms, hasMore } = listedRooms(start);
  const { missed, incomplete } = await resume(socket.data.resume as Resume | undefined, actor, syncs, start, behind);
  socket.data.resume = undefined;
  if (!socket.connected) return;
  connection.told.reach(start.userPts);
  const ready = encodeEvent('session.ready', {
    user: presentUser(user),
    device: actor.device,
    serverTime: clock.now().toISOString(),
    features: FEATURES,
    userPts: start.userPts,
    unreadTotal: start.unreadTotal,
    rooms: presentStartRooms(rooms, incomplete),
    more: hasMore,
  });
  connection.open([
    ...(missed?.user?.events ?? []).map((event) => encodeEvent(event.type, presentUserEvent(event))),
    ...(missed?.rooms ?? []).flatMap((room) => ('events' in room ? room.events.map(encodedOnce) : [])),
    ready,
  ]);
}

const encoded = new WeakMap<RoomEvent, EncodedPacket>();

/** Many who come back at once are told the same events of their rooms. */
function encodedOnce(event: RoomEvent): EncodedPacket {
  const known = encoded.get(event);
  if (known) return known;
  const packet = encodeEvent(event.type, presentRoomEvent(event));
  encoded.set(event, packet);
  return packet;
}

/** What was missed, in order and within limits; rooms that could not be replayed whole are named for `sync`. */
async function resume(
  positions: Resume | undefined,
  actor: UserActor,
  syncs: SyncService,
  start: Start,
  behind: ReadonlySet<string>,
): Promise<{ missed?: SyncAnswer; incomplete: ReadonlySet<string> }> {
  if (!positions) return { incomplete: behind };
  const all = Object.entries(positions.rooms ?? {}).map(([roomId, afterPts]) => ({ roomId, afterPts }));
  const listed = listedRooms(start).rooms.map(({ id }) => id);
  const missed = await syncs.replay(actor, { userPts: positions.userPts, rooms: replayable(all, listed) }, start);
  const whole = new Set(missed.rooms.flatMap((room) => ('events' in room && room.complete ? [room.roomId] : [])));
  return { missed, incomplete: new Set([...behind, ...all.flatMap(({ roomId }) => (whole.has(roomId) ? [] : [roomId]))]) };
}
