import type { RoomEnvelope, SyncAnswer, UserEnvelope } from '@parley/protocol';
import type { LogPosition } from './log-feed.js';
import type { ReadCursor } from './room-state.js';
import type { Timers } from './timers.js';

/** Where a client stands: enough to go on after a restart. Plain JSON. */
export interface Positions {
  readonly userPts?: number;
  readonly rooms: Readonly<Record<string, RoomPlace>>;
}

export interface RoomPlace extends LogPosition {
  /** The user is not in the room any more; kept for the case that it comes back. */
  readonly hasLeft?: true;
  /** Nothing was told of it yet: it may still begin earlier, should the user's own log say so. */
  readonly isFresh?: true;
}

export interface SyncInput {
  readonly userPts?: number;
  readonly rooms: { readonly roomId: string; readonly epoch: number; readonly afterPts: number }[];
}

/** What the engine needs and whom it tells; the tellings come in order and never overlap for one log. */
export interface SyncPorts {
  readonly timers: Timers;
  readonly sync: (input: SyncInput) => Promise<SyncAnswer>;
  readonly onRoomEvent: (event: RoomEnvelope) => void;
  readonly onUserEvent: (event: UserEnvelope) => void;
  /** The room's log starts over at this position: reload what is held of it. */
  readonly onReset: (roomId: string, position: LogPosition) => void;
  readonly onReceipts: (roomId: string, cursors: readonly ReadCursor[]) => void;
  /** The room may not be read any more. */
  readonly onLost: (roomId: string) => void;
  /** Nothing is missing in this room now. */
  readonly onCurrent: (roomId: string) => void;
}
