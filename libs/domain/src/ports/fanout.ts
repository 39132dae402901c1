import type { ErrorDetails } from '../errors.js';
import type { ProfileEvent, RoomEvent, RoomNotice, UserEvent } from '../events.js';
import type { PresenceEvent } from '../presence/presence.js';
import type { ToldPositions } from '../relay/told-positions.js';
import type { RoomId, RoomKey, RoomNo, TenantId, UserKey, UserNo } from '../ids.js';

/** Why a connection is closed. */
export type CloseReason = 'banned' | 'deactivated' | 'tenant-suspended' | 'key-revoked';

/**
 * Events to connected sockets. Best effort and in the order of the calls per room; the log is the truth, and a client
 * heals by difference. Nothing here waits for a client.
 */
export abstract class Fanout {
  /** The room's head is told to who listens to it, with the next beacon: whoever lacks something asks for it. */
  abstract head(head: KnownHead): void;
  abstract toRoom(event: RoomEvent | RoomNotice): void;
  /** Each of the user's connections is told an entry once, however often and in whatever order this is called. */
  abstract toUser(event: UserEvent): void;
  /** To the user's own connections and to who listens to these rooms of the tenant, each once. */
  abstract toUserRooms(event: ProfileEvent, rooms: readonly RoomNo[]): void;
  /** To these connections, which asked for it. */
  abstract toWatchers(event: PresenceEvent, watchers: Iterable<Connection>): void;
  /** Does anybody here listen to the room? */
  abstract isServed(room: RoomKey): boolean;
  /** From now on the user's connections get the room's events. False: they did before. */
  abstract enter(user: UserKey, room: RoomKey): boolean;
  /** From now on they do not. */
  abstract exit(user: UserKey, room: RoomKey): void;
  /** The transports of all who listen close; they come back and are let in by what is stored. */
  abstract interrupt(room: RoomKey): void;
  /** Whoever listens without being inside does not from now on. */
  abstract closeToReaders(room: RoomKey): void;
  /** Everybody leaves. */
  abstract dissolve(room: RoomKey): void;
  /** `details` go with the goodbye: why the user is banned and until when. */
  abstract disconnectUser(user: UserKey, reason: CloseReason, details?: ErrorDetails): void;
  /** Connections whose token that key verified. */
  abstract disconnectKey(tenantId: TenantId, signingKeyId: string, reason: CloseReason): void;
  abstract disconnectTenant(tenantId: TenantId, reason: CloseReason): void;
}

/** How far a room has come. */
export interface KnownHead extends RoomKey {
  readonly roomId: RoomId;
  readonly epoch: number;
  readonly pts: number;
}

/** One event or several as they go over the wire, encoded once for all who receive them. */
export interface EncodedPacket {
  readonly texts: readonly string[];
  /** The same as WebSocket frames, one behind the other. */
  readonly frames: Uint8Array;
}

/** One connection of a user, as the door of the sockets hands it over. */
export interface Connection {
  readonly user: UserKey;
  /** The key that verified its token; a renewed token may be of another. */
  readonly signingKeyId: string | undefined;
  /** Keys of the rooms it is subscribed to; kept by `Connections`. */
  readonly rooms: Set<string>;
  /** Of the user's rights as they were when it was let in. */
  readonly userVersion: number;
  /** Of its user's own log. */
  readonly told: ToldPositions;
  /** It was told where it starts. */
  readonly isOpen: boolean;
  /** Milliseconds since it asked for something; Infinity while the app is in the background. */
  readonly idleMs: number;
  /** Never blocks; a connection that does not read is closed by itself. */
  send(packet: EncodedPacket): void;
  end(reason: CloseReason, details?: ErrorDetails): void;
  /** Closes without a goodbye: a stock client comes back by itself and heals by difference. */
  lose(): void;
}

/** The connections of this process and what they are subscribed to. */
export abstract class Connections {
  abstract add(connection: Connection): void;
  abstract remove(connection: Connection): void;
  /** `isReader`: it may read and is not inside. */
  abstract subscribe(connection: Connection, room: RoomKey, isReader?: boolean): void;
  abstract unsubscribe(connection: Connection, room: RoomKey): void;
  abstract of(user: UserKey): ReadonlySet<Connection>;
  abstract count(): number;
  /** Users with a connection here. */
  abstract usersOf(tenantId: TenantId): readonly UserNo[];
  /** Up to where every one of the user's connections was told its own log, where that is less than this position. */
  abstract behind(user: UserKey, userPts: number): number | undefined;
  /** Closes those connections of the user that were let in on older rights; they come back and are judged anew. */
  abstract outdate(user: UserKey, userVersion: number): void;
  /** Ids of the signing keys whose tokens opened the tenant's connections. */
  abstract keysOf(tenantId: TenantId): readonly string[];
  abstract countByTenant(): Readonly<Record<TenantId, number>>;
  /** Shows a room's events, as they go over the wire, to the dashboard. Returns how to stop. */
  abstract watch(room: RoomKey, look: (packet: unknown) => void): () => void;
  /** Packets handed to connections so far. */
  abstract get delivered(): number;
}
