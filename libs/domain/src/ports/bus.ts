import type { ErrorDetails } from '../errors.js';
import type { ProfileEvent, RoomNotice } from '../events.js';
import { roomKeyOf, userKeyOf, type RoomKey, type RoomNo, type TenantId, type UserKey } from '../ids.js';
import type { CloseReason } from './fanout.js';
import type { Appended } from './room-log.js';

/** What one node tells the others. */
export type BusMessage =
  | { readonly kind: 'appended'; readonly appended: Appended }
  | { readonly kind: 'notice'; readonly event: RoomNotice }
  | { readonly kind: 'profile'; readonly event: ProfileEvent; readonly rooms: readonly RoomNo[] }
  /** Somebody's presence may look different from now on; what it is has to be read. */
  | { readonly kind: 'presence'; readonly user: UserKey }
  | { readonly kind: 'end-user'; readonly user: UserKey; readonly reason: CloseReason; readonly details?: ErrorDetails }
  | { readonly kind: 'end-key'; readonly tenantId: TenantId; readonly signingKeyId: string; readonly reason: CloseReason }
  | { readonly kind: 'end-tenant'; readonly tenantId: TenantId; readonly reason: CloseReason };

/**
 * Which nodes hear a message: every node, or those that follow it, since they serve the room, the user is connected
 * there, or is watched from there.
 */
export type Channel = 'all' | `room/${string}` | `user/${string}` | `presence/${string}`;

export const roomChannel = (room: RoomKey): Channel => `room/${roomKeyOf(room)}`;
export const userChannel = (user: UserKey): Channel => `user/${userKeyOf(user)}`;
export const presenceChannel = (user: UserKey): Channel => `presence/${userKeyOf(user)}`;

/**
 * From node to node, best effort: a message may be lost or come late, and nobody waits for it. What is durable is in the
 * log and is found by gaps and by the sweep. A node never receives its own messages; what one node sends on one channel
 * comes in the order it was sent.
 */
export abstract class Bus {
  abstract send(channel: Channel, message: BusMessage): void;
  /** Messages to all come without being asked for. Whoever calls this hears every message. */
  abstract receive(take: (message: BusMessage) => void): void;
  /** From soon on messages on this channel come here. What is sent before that does not. */
  abstract follow(channel: Channel): void;
  /** From soon on they do not; one that does all the same is no harm. */
  abstract unfollow(channel: Channel): void;
  /** `alone`: there are no other nodes. `down`: nothing comes from them, so that what they commit must be looked for. */
  abstract get state(): 'alone' | 'up' | 'down';
  /** Hears each time messages may have been missed: the link was away and is back. */
  abstract whenBack(hear: () => void): void;
}
