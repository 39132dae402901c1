import type { ErrorDetails } from '../errors.js';
import type { ProfileEvent, RoomEvent, RoomNotice, UserEvent } from '../events.js';
import type { RoomKey, RoomNo, TenantId, UserKey } from '../ids.js';
import type { PresenceEvent } from '../presence/presence.js';
import { roomChannel, userChannel, type Bus } from '../ports/bus.js';
import { Fanout, type CloseReason, type Connection, type KnownHead } from '../ports/fanout.js';

/** The fan-out as use cases see it: this node's sockets first, then the other nodes'. What is logged goes by the relay. */
export class EveryNode extends Fanout {
  constructor(
    private readonly here: Fanout,
    private readonly bus: Bus,
  ) {
    super();
  }

  override toRoom(event: RoomEvent | RoomNotice): void {
    this.here.toRoom(event);
    if (!('pts' in event)) this.bus.send(roomChannel(event), { kind: 'notice', event });
  }

  override toUserRooms(event: ProfileEvent, rooms: readonly RoomNo[]): void {
    this.here.toUserRooms(event, rooms);
    this.bus.send('all', { kind: 'profile', event, rooms });
  }

  override disconnectUser(user: UserKey, reason: CloseReason, details?: ErrorDetails): void {
    this.here.disconnectUser(user, reason, details);
    this.bus.send(userChannel(user), { kind: 'end-user', user, reason, details });
  }

  override disconnectKey(tenantId: TenantId, signingKeyId: string, reason: CloseReason): void {
    this.here.disconnectKey(tenantId, signingKeyId, reason);
    this.bus.send('all', { kind: 'end-key', tenantId, signingKeyId, reason });
  }

  override disconnectTenant(tenantId: TenantId, reason: CloseReason): void {
    this.here.disconnectTenant(tenantId, reason);
    this.bus.send('all', { kind: 'end-tenant', tenantId, reason });
  }

  override toUser(event: UserEvent): void {
    this.here.toUser(event);
  }

  override toWatchers(event: PresenceEvent, watchers: Iterable<Connection>): void {
    this.here.toWatchers(event, watchers);
  }

  override head(head: KnownHead): void {
    this.here.head(head);
  }

  override isServed(room: RoomKey): boolean {
    return this.here.isServed(room);
  }

  override enter(user: UserKey, room: RoomKey): boolean {
    return this.here.enter(user, room);
  }

  override exit(user: UserKey, room: RoomKey): void {
    this.here.exit(user, room);
  }

  override interrupt(room: RoomKey): void {
    this.here.interrupt(room);
  }

  override closeToReaders(room: RoomKey): void {
    this.here.closeToReaders(room);
  }

  override dissolve(room: RoomKey): void {
    this.here.dissolve(room);
  }
}
