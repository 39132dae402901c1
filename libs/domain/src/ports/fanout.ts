import type { ProfileEvent, ReceiptEvent, RoomEvent, UserEvent } from '../events.js';
import type { RoomKey, TenantId, UserKey } from '../ids.js';

/** Why a connection is closed. */
export type CloseReason = 'banned' | 'deactivated' | 'tenant-suspended' | 'key-revoked';

/**
 * Events to connected sockets. Best effort and in the order of the calls per room; the log is the truth, and a client
 * heals by difference. Nothing here waits for a client.
 */
export abstract class Fanout {
  abstract toRoom(event: RoomEvent | ReceiptEvent): void;
  abstract toUser(event: UserEvent): void;
  abstract toUserRooms(event: ProfileEvent): void;
  /** From now on the user's connections get the room's events. */
  abstract enter(user: UserKey, room: RoomKey): void;
  /** From now on they do not. */
  abstract exit(user: UserKey, room: RoomKey): void;
  /** Everybody leaves. */
  abstract dissolve(room: RoomKey): void;
  abstract disconnectUser(user: UserKey, reason: CloseReason): void;
  abstract disconnectTenant(tenantId: TenantId, reason: CloseReason): void;
}
