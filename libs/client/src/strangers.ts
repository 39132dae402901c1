import type { RoomEnvelope } from '@parley/protocol';
import type { LogPosition } from './log-feed.js';

/** All rooms together; what is dropped here is found again by `sync` or the beacon. */
const HELD_MAX = 1_000;

interface Stranger {
  readonly events: RoomEnvelope[];
  /** Where the room stood when it was fetched. */
  fetched?: LogPosition;
}

/** Rooms not followed yet: they wait until the user's own log has said whether and where they begin for it. */
export class Strangers {
  private readonly rooms = new Map<string, Stranger>();
  private count = 0;

  get isEmpty(): boolean {
    return this.rooms.size === 0;
  }

  has(roomId: string): boolean {
    return this.rooms.has(roomId);
  }

  ids(): readonly string[] {
    return [...this.rooms.keys()];
  }

  hold(event: RoomEnvelope): void {
    if (this.count >= HELD_MAX) return;
    this.count += 1;
    this.stranger(event.roomId).events.push(event);
  }

  expect(roomId: string, fetched: LogPosition): void {
    this.stranger(roomId).fetched = fetched;
  }

  /** Right before the first event that waits, or where the room was fetched: the earlier of the two. */
  start(roomId: string): LogPosition | undefined {
    const { events = [], fetched } = this.rooms.get(roomId) ?? {};
    const starts = events.map(({ epoch, pts }): LogPosition => ({ epoch, pts: pts - 1 }));
    return [...starts, ...(fetched ? [fetched] : [])].reduce<LogPosition | undefined>(
      (first, at) => (first && isBefore(first, at) ? first : at),
      undefined,
    );
  }

  /** What waited, in the order it came; the room is no stranger any more. */
  release(roomId: string): readonly RoomEnvelope[] {
    const { events = [] } = this.rooms.get(roomId) ?? {};
    this.rooms.delete(roomId);
    this.count -= events.length;
    return events;
  }

  private stranger(roomId: string): Stranger {
    const stranger = this.rooms.get(roomId) ?? { events: [] };
    this.rooms.set(roomId, stranger);
    return stranger;
  }
}

/** In the newest epoch seen, the lower position. */
const isBefore = (a: LogPosition, b: LogPosition): boolean => (a.epoch === b.epoch ? a.pts < b.pts : a.epoch > b.epoch);
