import type { RoomEvent } from '../events.js';
import { roomKeyOf, type RoomNo, type TenantId } from '../ids.js';
import type { Clock } from '../ports/clock.js';
import type { RoomLog } from '../ports/room-log.js';

/** Positions behind the head that are kept; older ones are read from the log each time. */
const WINDOW = 500;
/** Of all rooms together. */
const EVENTS_MAX = 20_000;
/** Names are joined when events are read, and a new name raises no position. */
const KEPT_MS = 2_000;

/** A room's log up to its head. */
export interface LogPlace {
  readonly tenantId: TenantId;
  readonly no: RoomNo;
  readonly epoch: number;
  readonly pts: number;
}

interface Slice {
  readonly epoch: number;
  readonly pts: number;
  /** Holds everything after this position. */
  readonly after: number;
  readonly readAt: number;
  readonly events: Promise<readonly RoomEvent[]>;
}

/**
 * The newest events of rooms many ask for at once. A slice is good for exactly the head it was read under, and the
 * caller reads the head from the database each time: whatever changed the room, a deletion included, has moved it.
 */
export class RecentSlices {
  private readonly slices = new Map<string, Slice>();
  private size = 0;

  constructor(
    private readonly log: RoomLog,
    private readonly clock: Clock,
  ) {}

  /** Ascending and contiguous from `afterPts + 1` to the room's head, at most `limit`. */
  async after(room: LogPlace, afterPts: number, limit: number): Promise<readonly RoomEvent[]> {
    const { tenantId, no: roomNo, pts } = room;
    if (afterPts >= pts || limit <= 0) return [];
    if (pts - afterPts > WINDOW) return (await this.log.after({ tenantId, roomNo }, afterPts, Math.min(limit, pts - afterPts))).events;
    const events = await this.slice(room, afterPts).events;
    const from = events.findIndex((event) => event.pts > afterPts);
    return from < 0 ? [] : events.slice(from, from + limit);
  }

  private slice(room: LogPlace, afterPts: number): Slice {
    const key = roomKeyOf({ tenantId: room.tenantId, roomNo: room.no });
    const now = this.clock.now().getTime();
    const known = this.slices.get(key);
    const isCurrent = known?.epoch === room.epoch && known.pts === room.pts && Math.abs(now - known.readAt) < KEPT_MS;
    if (known && isCurrent && known.after <= afterPts) return known;
    if (known) this.forget(key, known);
    const slice: Slice = { epoch: room.epoch, pts: room.pts, after: afterPts, readAt: now, events: this.read(room, afterPts) };
    this.slices.set(key, slice);
    this.size += slice.pts - slice.after;
    slice.events.catch(() => this.forget(key, slice));
    for (const [oldest, one] of this.slices) {
      if (this.size <= EVENTS_MAX) break;
      this.forget(oldest, one);
    }
    return slice;
  }

  private async read({ tenantId, no: roomNo, pts }: LogPlace, afterPts: number): Promise<readonly RoomEvent[]> {
    const { events } = await this.log.after({ tenantId, roomNo }, afterPts, pts - afterPts);
    return events.filter((event) => event.pts <= pts);
  }

  private forget(key: string, slice: Slice): void {
    if (this.slices.get(key) !== slice) return;
    this.slices.delete(key);
    this.size -= slice.pts - slice.after;
  }
}
