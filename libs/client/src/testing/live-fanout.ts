import {
  Fanout,
  type KnownHead,
  type ProfileEvent,
  type RoomEvent,
  type RoomKey,
  type RoomNotice,
  roomKeyOf,
  type UserEvent,
  type UserKey,
  userKeyOf,
} from '@parley/domain';
import {
  presentProfileEvent,
  presentNotice,
  presentRoomEvent,
  type ProfileEnvelope,
  type NoticeEnvelope,
  type RoomEnvelope,
  type RoomHead,
  type UserEnvelope,
} from '@parley/protocol';

export type LivePacket = RoomEnvelope | UserEnvelope | NoticeEnvelope | ProfileEnvelope;

/** One connection as the server knows it. */
export interface Line {
  readonly user: UserKey;
  userPts: number;
  send(packet: LivePacket): void;
  head(head: RoomHead): void;
  lose(): void;
}

/** Who listens to what, as the socket door of one process keeps it. */
export class LiveFanout extends Fanout {
  private readonly lines = new Set<Line>();
  private readonly rooms = new Map<string, Set<Line>>();
  private readonly readers = new Map<string, Set<Line>>();
  private readonly heads = new Map<string, RoomHead['heads'][number]>();

  constructor(private readonly present: (event: UserEvent) => UserEnvelope) {
    super();
  }

  add(line: Line): void {
    this.lines.add(line);
  }

  remove(line: Line): void {
    this.lines.delete(line);
    for (const listeners of this.rooms.values()) listeners.delete(line);
  }

  subscribe(line: Line, room: RoomKey, isReader = false): void {
    if (!this.lines.has(line)) return;
    listenersOf(this.rooms, room).add(line);
    const readers = listenersOf(this.readers, room);
    if (isReader) readers.add(line);
    else readers.delete(line);
  }

  unsubscribe(line: Line, room: RoomKey): void {
    listenersOf(this.rooms, room).delete(line);
    listenersOf(this.readers, room).delete(line);
  }

  override interrupt(room: RoomKey): void {
    for (const line of [...listenersOf(this.rooms, room)]) line.lose();
  }

  override closeToReaders(room: RoomKey): void {
    for (const line of [...listenersOf(this.readers, room)]) this.unsubscribe(line, room);
  }

  override isServed(room: RoomKey): boolean {
    return (this.rooms.get(roomKeyOf(room))?.size ?? 0) > 0;
  }

  override head(head: KnownHead): void {
    const { roomId, epoch, pts } = head;
    this.heads.set(roomKeyOf(head), { roomId, epoch, pts });
  }

  override toRoom(event: RoomEvent | RoomNotice): void {
    if ('pts' in event) this.heads.set(roomKeyOf(event), { roomId: event.roomId, epoch: event.epoch, pts: event.pts });
    const packet = 'pts' in event ? presentRoomEvent(event) : presentNotice(event, 'receipt');
    for (const line of listenersOf(this.rooms, event)) line.send(packet);
  }

  override toUser(event: UserEvent): void {
    for (const line of this.of(event)) {
      line.userPts = Math.max(line.userPts, event.userPts);
      line.send(this.present(event));
    }
  }

  override toUserRooms(event: ProfileEvent): void {
    for (const line of this.lines) line.send(presentProfileEvent(event, 'profile'));
  }

  override toWatchers(): void {}

  override enter(user: UserKey, room: RoomKey): boolean {
    for (const line of this.of(user)) this.subscribe(line, room);
    return true;
  }

  override exit(user: UserKey, room: RoomKey): void {
    for (const line of this.of(user)) this.unsubscribe(line, room);
  }

  override dissolve(room: RoomKey): void {
    this.rooms.delete(roomKeyOf(room));
    this.heads.delete(roomKeyOf(room));
  }

  override disconnectUser(): void {
    throw new Error('no story bans from the tenant');
  }

  override disconnectKey(): void {
    throw new Error('no story revokes keys');
  }

  override disconnectTenant(): void {
    throw new Error('no story suspends tenants');
  }

  /** The heads of rooms that changed since the last time, to those who listen. */
  beacon(): void {
    for (const line of this.lines) {
      const heads = [...this.heads].filter(([key]) => this.rooms.get(key)?.has(line)).map(([, head]) => head);
      if (heads.length > 0) line.head({ heads, userPts: line.userPts });
    }
    this.heads.clear();
  }

  private of(user: UserKey): readonly Line[] {
    const key = userKeyOf({ tenantId: user.tenantId, userNo: user.userNo });
    return [...this.lines].filter((line) => userKeyOf(line.user) === key);
  }
}

function listenersOf(rooms: Map<string, Set<Line>>, room: RoomKey): Set<Line> {
  const key = roomKeyOf(room);
  const listeners = rooms.get(key) ?? new Set<Line>();
  rooms.set(key, listeners);
  return listeners;
}
