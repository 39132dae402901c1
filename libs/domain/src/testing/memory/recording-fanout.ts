import type { ProfileEvent, RoomEvent, RoomNotice, UserEvent } from '../../events.js';
import { roomKeyOf, userKeyOf, type RoomKey, type RoomNo, type TenantId, type UserKey } from '../../ids.js';
import type { PresenceEvent } from '../../presence/presence.js';
import { Fanout, type CloseReason, type Connection, type KnownHead } from '../../ports/fanout.js';

export type SeenEvent = RoomEvent | RoomNotice | UserEvent | ProfileEvent | PresenceEvent;

export interface Disconnect {
  readonly tenantId: TenantId;
  /** Absent = every user of the tenant. */
  readonly userNo?: number;
  readonly reason: CloseReason;
}

/** Keeps what each user's connections would have seen. Everybody is connected until disconnected; `connect` comes back. */
export class RecordingFanout extends Fanout {
  readonly disconnects: Disconnect[] = [];
  readonly heads: KnownHead[] = [];
  readonly closedToReaders: string[] = [];
  readonly interrupted: string[] = [];
  private readonly audience = new Map<string, Map<string, UserKey>>();
  private readonly inboxes = new Map<string, SeenEvent[]>();
  private readonly gone = new Set<string>();

  /** Everything the user's connections have seen, in order. */
  seenBy(user: UserKey): readonly SeenEvent[] {
    return this.inboxes.get(userKeyOf(user)) ?? [];
  }

  isSubscribed(user: UserKey, room: RoomKey): boolean {
    return this.audience.get(roomKeyOf(room))?.has(userKeyOf(user)) ?? false;
  }

  isServed(room: RoomKey): boolean {
    return (this.audience.get(roomKeyOf(room))?.size ?? 0) > 0;
  }

  connect(user: UserKey, rooms: readonly RoomKey[]): void {
    this.gone.delete(userKeyOf(user));
    for (const room of rooms) this.enter(user, room);
  }

  head(head: KnownHead): void {
    this.heads.push(head);
  }

  toRoom(event: RoomEvent | RoomNotice): void {
    for (const user of this.audience.get(roomKeyOf(event))?.values() ?? []) this.deliver(user, event);
  }

  toUser(event: UserEvent): void {
    if (!this.seenBy(event).some((seen) => 'userPts' in seen && seen.id === event.id)) this.deliver(event, event);
  }

  toUserRooms(event: ProfileEvent, rooms: readonly RoomNo[]): void {
    const { tenantId } = event;
    const own: UserKey = { tenantId, userNo: event.user.no };
    const reached = new Map([[userKeyOf(own), own]]);
    for (const roomNo of rooms) for (const [key, user] of this.audience.get(roomKeyOf({ tenantId, roomNo })) ?? []) reached.set(key, user);
    for (const user of reached.values()) this.deliver(user, event);
  }

  toWatchers(event: PresenceEvent, watchers: Iterable<Connection>): void {
    for (const { user } of watchers) this.deliver(user, event);
  }

  enter({ tenantId, userNo }: UserKey, room: RoomKey): boolean {
    const user = { tenantId, userNo };
    if (this.gone.has(userKeyOf(user)) || this.isSubscribed(user, room)) return false;
    const users = this.audience.get(roomKeyOf(room)) ?? new Map<string, UserKey>();
    this.audience.set(roomKeyOf(room), users.set(userKeyOf(user), user));
    return true;
  }

  exit(user: UserKey, room: RoomKey): void {
    this.audience.get(roomKeyOf(room))?.delete(userKeyOf(user));
  }

  interrupt(room: RoomKey): void {
    this.interrupted.push(roomKeyOf(room));
  }

  closeToReaders(room: RoomKey): void {
    this.closedToReaders.push(roomKeyOf(room));
  }

  dissolve(room: RoomKey): void {
    this.audience.delete(roomKeyOf(room));
  }

  disconnectUser({ tenantId, userNo }: UserKey, reason: CloseReason): void {
    this.disconnects.push({ tenantId, userNo, reason });
    this.forget(userKeyOf({ tenantId, userNo }));
  }

  disconnectKey(tenantId: TenantId, _signingKeyId: string, reason: CloseReason): void {
    this.disconnects.push({ tenantId, reason });
  }

  disconnectTenant(tenantId: TenantId, reason: CloseReason): void {
    this.disconnects.push({ tenantId, reason });
    const users = [...this.audience.values()].flatMap((room) => [...room.values()]).filter((user) => user.tenantId === tenantId);
    for (const user of users) this.forget(userKeyOf(user));
  }

  private forget(key: string): void {
    this.gone.add(key);
    for (const users of this.audience.values()) users.delete(key);
  }

  private deliver(user: UserKey, event: SeenEvent): void {
    const key = userKeyOf(user);
    if (this.gone.has(key)) return;
    const inbox = this.inboxes.get(key) ?? [];
    this.inboxes.set(key, inbox);
    inbox.push(event);
  }
}
