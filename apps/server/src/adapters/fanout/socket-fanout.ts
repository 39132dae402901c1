import {
  type Bus,
  type Connections,
  Fanout,
  roomKeyOf,
  type Connection,
  type EncodedPacket,
  userChannel,
  userKeyOf,
  type CloseReason,
  type ErrorDetails,
  type KnownHead,
  type PresenceEvent,
  type ProfileEvent,
  type Random,
  type RoomEvent,
  type RoomKey,
  type RoomNotice,
  type RoomNo,
  type TenantId,
  type UserEvent,
  type UserKey,
  type UserNo,
} from '@parley/domain';
import { presentProfileEvent, presentNotice, presentPresenceEvent, presentRoomEvent, presentUserEvent } from '@parley/protocol';
import { encodeEvent, joinPackets } from '../../wire/packet.js';
import { HeadBeacon } from './head-beacon.js';

/**
 * Events to the sockets of this process. An event is encoded once, whoever receives it. Subscriptions are kept here by
 * room and by user, so that a send costs one look-up and a write per receiver.
 */
export class SocketFanout extends Fanout implements Connections {
  private readonly rooms = new Map<string, Set<Connection>>();
  /** Of those in `rooms`, who listens without being inside. */
  private readonly readers = new Map<string, Set<Connection>>();
  private readonly users = new Map<string, Set<Connection>>();
  private readonly tenants = new Map<TenantId, Set<Connection>>();
  private readonly watchers = new Map<string, Set<(packet: unknown) => void>>();
  /** What this turn of the event loop has told each room, before it is handed to the connections as one. */
  private readonly told = new Map<string, EncodedPacket[]>();
  private readonly heads = new HeadBeacon();
  delivered = 0;

  /** Messages of other nodes are asked for where somebody is here to be told. */
  constructor(
    private readonly random: Random,
    private readonly bus: Pick<Bus, 'follow' | 'unfollow'>,
  ) {
    super();
  }

  /** A connection is known from now on; it receives what it is subscribed to as soon as it is opened. */
  add(connection: Connection): void {
    if (put(this.users, userKeyOf(connection.user), connection)) this.bus.follow(userChannel(connection.user));
    put(this.tenants, connection.user.tenantId, connection);
    this.heads.add(connection);
  }

  remove(connection: Connection): void {
    if (take(this.users, userKeyOf(connection.user), connection)) this.bus.unfollow(userChannel(connection.user));
    take(this.tenants, connection.user.tenantId, connection);
    this.heads.remove(connection);
    for (const key of connection.rooms) this.leave(connection, key);
    connection.rooms.clear();
  }

  subscribe(connection: Connection, room: RoomKey, isReader = false): void {
    // One that went meanwhile would never be taken away again.
    if (!this.of(connection.user).has(connection)) return;
    const key = roomKeyOf(room);
    const isInside = connection.rooms.has(key) && !this.readers.get(key)?.has(connection);
    if (isReader && isInside) return;
    this.handOver(key);
    connection.rooms.add(key);
    if (put(this.rooms, key, connection)) this.bus.follow(`room/${key}`);
    if (isReader) put(this.readers, key, connection);
    else take(this.readers, key, connection);
  }

  unsubscribe(connection: Connection, room: RoomKey): void {
    const key = roomKeyOf(room);
    this.handOver(key);
    connection.rooms.delete(key);
    this.leave(connection, key);
  }

  private leave(connection: Connection, key: string): void {
    take(this.readers, key, connection);
    if (take(this.rooms, key, connection)) this.unfollow(key);
  }

  /** Messages of a room are asked for as long as somebody listens or looks. */
  private unfollow(key: string): void {
    if (!this.rooms.has(key) && !this.watchers.has(key)) this.bus.unfollow(`room/${key}`);
  }

  of(user: UserKey): ReadonlySet<Connection> {
    return this.users.get(userKeyOf(user)) ?? new Set();
  }

  countByTenant(): Record<TenantId, number> {
    return Object.fromEntries([...this.tenants].map(([tenantId, connections]) => [tenantId, connections.size]));
  }

  count(): number {
    let sum = 0;
    for (const connections of this.tenants.values()) sum += connections.size;
    return sum;
  }

  override isServed(room: RoomKey): boolean {
    return this.rooms.has(roomKeyOf(room));
  }

  usersOf(tenantId: TenantId): readonly UserNo[] {
    return [...new Set([...(this.tenants.get(tenantId) ?? [])].map(({ user }) => user.userNo))];
  }

  behind(user: UserKey, userPts: number): number | undefined {
    const open = [...this.of(user)].filter(({ isOpen }) => isOpen);
    const oldest = Math.min(...open.map(({ told }) => told.pts));
    return oldest < userPts ? oldest : undefined;
  }

  outdate(user: UserKey, userVersion: number): void {
    for (const connection of [...this.of(user)]) if (connection.userVersion < userVersion) connection.lose();
  }

  keysOf(tenantId: TenantId): readonly string[] {
    return [...new Set([...(this.tenants.get(tenantId) ?? [])].flatMap(({ signingKeyId }) => signingKeyId ?? []))];
  }

  override head({ tenantId, roomNo, roomId, epoch, pts }: KnownHead): void {
    const key = roomKeyOf({ tenantId, roomNo });
    const known = this.heads.headOf(key);
    if (known && (known.epoch > epoch || (known.epoch === epoch && known.pts > pts))) return;
    this.heads.note(key, { roomId, epoch, pts });
  }

  /** The dashboard looks into one room. Returns how to stop. */
  watch(room: RoomKey, look: (packet: unknown) => void): () => void {
    const key = roomKeyOf(room);
    if (put(this.watchers, key, look)) this.bus.follow(`room/${key}`);
    return () => {
      if (take(this.watchers, key, look)) this.unfollow(key);
    };
  }

  override toRoom(event: RoomEvent | RoomNotice): void {
    const key = roomKeyOf(event);
    const isLogged = 'pts' in event;
    if (isLogged) this.heads.note(key, event);
    const receivers = this.rooms.get(key);
    const watchers = this.watchers.get(key);
    if (!receivers && !watchers) return;
    const packet = isLogged ? presentRoomEvent(event) : presentNotice(event, this.random.uuid());
    for (const look of watchers ?? []) look(packet);
    if (receivers) this.tell(key, encodeEvent(event.type, packet));
  }

  private tell(key: string, packet: EncodedPacket): void {
    const packets = this.told.get(key);
    if (packets) {
      packets.push(packet);
      return;
    }
    if (this.told.size === 0) process.nextTick(() => this.handOverAll());
    this.told.set(key, [packet]);
  }

  private handOverAll(): void {
    for (const key of this.told.keys()) this.handOver(key);
  }

  /** Whoever comes or goes now has no part in what was told before, or still has. */
  private handOver(key: string): void {
    const packets = this.told.get(key);
    if (!packets) return;
    this.told.delete(key);
    const receivers = this.rooms.get(key);
    if (receivers) this.emit(receivers, joinPackets(packets));
  }

  override toUser(event: UserEvent): void {
    const receivers = new Set([...this.of(event)].filter(({ told }) => told.add(event.userPts)));
    if (receivers.size > 0) this.emit(receivers, encodeEvent(event.type, presentUserEvent(event)));
  }

  override toUserRooms(event: ProfileEvent, rooms: readonly RoomNo[]): void {
    const { tenantId } = event;
    const receivers = new Set<Connection>(this.of({ tenantId, userNo: event.user.no }));
    for (const roomNo of rooms) for (const other of this.rooms.get(roomKeyOf({ tenantId, roomNo })) ?? []) receivers.add(other);
    if (receivers.size === 0) return;
    this.emit(receivers, encodeEvent(event.type, presentProfileEvent(event, this.random.uuid())));
  }

  override toWatchers(event: PresenceEvent, watchers: Iterable<Connection>): void {
    this.emit(new Set(watchers), encodeEvent(event.type, presentPresenceEvent(event, this.random.uuid())));
  }

  private emit(receivers: ReadonlySet<Connection>, packet: EncodedPacket): void {
    for (const connection of receivers) connection.send(packet);
    this.delivered += receivers.size * packet.texts.length;
  }

  override enter(user: UserKey, room: RoomKey): boolean {
    const connections = [...this.of(user)];
    const areIn = connections.every((connection) => connection.rooms.has(roomKeyOf(room)));
    for (const connection of connections) this.subscribe(connection, room);
    return !areIn;
  }

  override exit(user: UserKey, room: RoomKey): void {
    for (const connection of this.of(user)) this.unsubscribe(connection, room);
  }

  override interrupt(room: RoomKey): void {
    for (const connection of [...(this.rooms.get(roomKeyOf(room)) ?? [])]) connection.lose();
  }

  override closeToReaders(room: RoomKey): void {
    for (const connection of [...(this.readers.get(roomKeyOf(room)) ?? [])]) this.unsubscribe(connection, room);
  }

  override dissolve(room: RoomKey): void {
    const key = roomKeyOf(room);
    this.handOver(key);
    for (const connection of this.rooms.get(key) ?? []) connection.rooms.delete(key);
    this.rooms.delete(key);
    this.readers.delete(key);
    this.heads.forget(key);
    this.unfollow(key);
  }

  override disconnectUser(user: UserKey, reason: CloseReason, details?: ErrorDetails): void {
    for (const connection of [...this.of(user)]) connection.end(reason, details);
  }

  override disconnectKey(tenantId: TenantId, signingKeyId: string, reason: CloseReason): void {
    for (const connection of [...(this.tenants.get(tenantId) ?? [])]) if (connection.signingKeyId === signingKeyId) connection.end(reason);
  }

  override disconnectTenant(tenantId: TenantId, reason: CloseReason): void {
    for (const connection of [...(this.tenants.get(tenantId) ?? [])]) connection.end(reason);
  }

  /** Tells some of the connections the heads of their rooms that changed since they were told: a lost last message shows no gap (G6). */
  beacon(): void {
    this.heads.tell((connection, heads) => connection.send(encodeEvent('room.head', { heads, userPts: connection.told.pts })));
  }
}

/** True for the first of its key. */
function put<T>(map: Map<string, Set<T>>, key: string, value: T): boolean {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
  return !set;
}

/** True for the last of its key. */
function take<T>(map: Map<string, Set<T>>, key: string, value: T): boolean {
  const set = map.get(key);
  if (!set?.delete(value) || set.size > 0) return false;
  return map.delete(key);
}
