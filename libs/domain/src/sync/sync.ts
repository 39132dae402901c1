import type { UserId, RoomId } from '../ids.js';
import type { RoomEvent, UserEvent } from '../events.js';
import type { DomainError } from '../errors.js';
import { READY_ROOMS, SYNC_ROOMS_MAX } from '../limits.js';
import type { JoinedRoom, Start } from '../ports/store.js';

export interface RoomPosition {
  readonly roomId: RoomId;
  readonly epoch?: number;
  readonly afterPts: number;
}

export interface SyncRequest {
  readonly userPts?: number;
  readonly rooms: readonly RoomPosition[];
}

/** One member's cursors; merged by maximum on the client. */
export interface Cursor {
  readonly userId: UserId;
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

export interface Receipts {
  /** Every member's up to 100 members, else one's own. */
  readonly cursors: readonly Cursor[];
  readonly memberCount: number;
}

export type RoomSync =
  | {
      readonly roomId: RoomId;
      readonly epoch: number;
      readonly events: readonly RoomEvent[];
      /** The last position covered; everything up to it is in `events` or was known before. */
      readonly pts: number;
      readonly complete: boolean;
      readonly receipts: Receipts;
    }
  /** Other epoch, ahead of the head, or below what is kept: reload this room. */
  | { readonly roomId: RoomId; readonly reset: true; readonly epoch: number; readonly pts: number }
  | { readonly roomId: RoomId; readonly error: DomainError };

export interface UserSync {
  readonly events: readonly UserEvent[];
  readonly pts: number;
  readonly complete: boolean;
}

export interface SyncAnswer {
  readonly user?: UserSync;
  readonly rooms: readonly RoomSync[];
}

/** A client must reload a room it knows from another life of the log, or further than the log goes. */
export const needsReset = (at: RoomPosition, head: { epoch: number; pts: number; floorPts: number }): boolean =>
  (at.epoch !== undefined && at.epoch !== head.epoch) || at.afterPts > head.pts || at.afterPts < head.floorPts;

/** Which of many positions a replay covers: the rooms listed first, in their order, up to the limit of one difference. */
export function replayable(positions: readonly RoomPosition[], listed: readonly RoomId[]): readonly RoomPosition[] {
  const rank = new Map(listed.map((roomId, index) => [roomId, index]));
  const rankOf = ({ roomId }: RoomPosition): number => rank.get(roomId) ?? listed.length;
  return [...positions].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, SYNC_ROOMS_MAX);
}

/** The rooms a client is told of when it comes, and whether there are more. */
export function listedRooms(start: Start): { readonly rooms: readonly JoinedRoom[]; readonly hasMore: boolean } {
  const listed = start.rooms.filter(({ isListed }) => isListed);
  return { rooms: listed.slice(0, READY_ROOMS), hasMore: listed.length > READY_ROOMS };
}
