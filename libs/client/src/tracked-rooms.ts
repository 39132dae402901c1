import type { RoomEnvelope, RoomSync, UserEnvelope } from '@parley/protocol';
import { LogFeed, type LogPosition } from './log-feed.js';
import type { Positions, SyncInput } from './sync-ports.js';

/** Rooms left whose last events may still be on their way, and whose position counts when the user comes back. */
const CLOSED_MAX = 1_000;
/** Rooms in one handshake; the others are synced after `session.ready`. Keeps the packet below 50 kB. */
const RESUME_MAX = 500;
/** Who enters a room this short is told all of its log; of longer ones what follows from its own entering on. */
export const TOLD_WHOLE_MAX = 100;

type EnteredEnvelope = Extract<UserEnvelope, { type: 'room.entered' }>;

export interface TrackedRoom {
  feed: LogFeed<RoomEnvelope>;
  /** The user is not inside any more: nothing is fetched, only what still arrives in order is told. */
  isClosed: boolean;
  /** Followed for the first time, from wherever it was met: may still start earlier when the own log says so. */
  isFresh: boolean;
  /** Rises when the user enters: answers from before that are about other positions, and refusals mean nothing. */
  visit: number;
  /** The visit in which the last `sync` was asked. */
  askedAt: number;
  /** Answers in a row that said "complete" before the head we had heard of. */
  fruitless: number;
}

/** The rooms whose logs this client follows, most recently moved last. */
export class TrackedRooms {
  private readonly rooms = new Map<string, TrackedRoom>();

  constructor(private readonly deliver: (event: RoomEnvelope) => void) {}

  get(roomId: string): TrackedRoom | undefined {
    return this.rooms.get(roomId);
  }

  open(roomId: string): TrackedRoom | undefined {
    const tracked = this.rooms.get(roomId);
    return tracked?.isClosed ? undefined : tracked;
  }

  openIds(): readonly string[] {
    return [...this.rooms].filter(([, { isClosed }]) => !isClosed).map(([roomId]) => roomId);
  }

  add(roomId: string, position: LogPosition): TrackedRoom {
    const tracked: TrackedRoom = { feed: this.feedAt(position), isClosed: false, isFresh: true, visit: 0, askedAt: 0, fruitless: 0 };
    this.rooms.set(roomId, tracked);
    return tracked;
  }

  private feedAt(position: LogPosition): LogFeed<RoomEnvelope> {
    const deliver = (event: RoomEnvelope): void => {
      this.touch(event.roomId);
      this.deliver(event);
    };
    return new LogFeed(position, ({ pts }) => pts, deliver);
  }

  private touch(roomId: string): void {
    const tracked = this.rooms.get(roomId);
    if (!tracked) return;
    this.rooms.delete(roomId);
    this.rooms.set(roomId, tracked);
  }

  /**
   * The user is in this room now, perhaps again: nothing between the last visit and now is told twice or left out. When
   * the log known from the last visit is no more, `onRestart` learns where it starts over before its first event is told.
   */
  enter({ data: { room, afterPts } }: EnteredEnvelope, onRestart: (start: LogPosition) => void): void {
    const pts = afterPts <= TOLD_WHOLE_MAX ? 0 : afterPts;
    const tracked = this.rooms.get(room.id) ?? this.add(room.id, { epoch: room.epoch, pts });
    const { feed, isClosed } = tracked;
    const isSameLog = feed.position.epoch >= room.epoch; // The own log may tell of a room as it was in an earlier life.
    const start: LogPosition = { epoch: Math.max(feed.position.epoch, room.epoch), pts };
    const skipsAhead = isClosed && (!isSameLog || pts > feed.position.pts);
    const startsEarlier = tracked.isFresh && feed.isUntouched && (!isSameLog || pts < feed.position.pts);
    tracked.isClosed = false;
    tracked.visit += 1;
    if (isClosed && !isSameLog) onRestart(start);
    if (skipsAhead || startsEarlier) feed.reset(start);
    feed.heard({ epoch: room.epoch, pts: room.pts });
  }

  /** A room left that is read from outside now. */
  reopen(roomId: string, at: LogPosition): void {
    const tracked = this.rooms.get(roomId);
    if (!tracked?.isClosed) return;
    const { epoch, pts } = tracked.feed.position;
    if (epoch !== at.epoch || pts < at.pts) tracked.feed.reset(at);
    tracked.isClosed = false;
  }

  /** These rooms as `sync` wants them. */
  ask(roomIds: readonly string[]): SyncInput['rooms'] {
    return roomIds.map((roomId) => {
      const tracked = this.rooms.get(roomId);
      if (tracked) tracked.askedAt = tracked.visit;
      const { epoch, pts } = this.positionOf(roomId);
      return { roomId, epoch, afterPts: pts };
    });
  }

  /** A slice or a reset. True when it led on. */
  cover({ roomId, epoch, pts, events, reset }: RoomSync): boolean {
    const feed = this.open(roomId)?.feed;
    if (!feed) return false;
    const before = feed.position;
    const at: LogPosition = { epoch: epoch ?? before.epoch, pts: pts ?? before.pts };
    if (reset) feed.reset(at);
    else {
      feed.heard({ epoch: at.epoch, pts: 0 });
      feed.cover(events ?? [], at.pts);
    }
    return reset === true || feed.position.pts !== before.pts;
  }

  close(roomId: string): void {
    const tracked = this.rooms.get(roomId);
    if (!tracked) return;
    tracked.isClosed = true;
    tracked.isFresh = false;
    const closed = [...this.rooms].filter(([, { isClosed }]) => isClosed);
    for (const [old] of closed.slice(0, Math.max(0, closed.length - CLOSED_MAX))) this.rooms.delete(old);
  }

  forget(roomId: string): void {
    this.rooms.delete(roomId);
  }

  positions(): Positions['rooms'] {
    const marks = ({ isClosed, isFresh, feed }: TrackedRoom) =>
      isClosed ? { hasLeft: true as const } : isFresh && feed.isUntouched ? { isFresh: true as const } : {};
    return Object.fromEntries([...this.rooms].map(([roomId, tracked]) => [roomId, { ...tracked.feed.position, ...marks(tracked) }]));
  }

  /** Rooms as an earlier client followed them. */
  restore(rooms: Positions['rooms']): void {
    for (const [roomId, { epoch, pts, hasLeft, isFresh }] of Object.entries(rooms)) {
      const tracked = this.add(roomId, { epoch, pts });
      tracked.isFresh = isFresh === true;
      tracked.isClosed = hasLeft === true;
    }
  }

  resume(): Record<string, number> {
    const recent = this.openIds().slice(-RESUME_MAX);
    return Object.fromEntries(recent.map((roomId) => [roomId, this.positionOf(roomId).pts]));
  }

  positionOf(roomId: string): LogPosition {
    return this.rooms.get(roomId)?.feed.position ?? { epoch: 0, pts: 0 };
  }
}
