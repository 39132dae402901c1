import { Clock, type LogSlice, type RoomInfo, type RoomKey, type UserEvent, type UserKey, type UserSlice } from '@parley/domain';
import { type MemoryDatabase, MemoryRoomLog, MemoryUserLog, type RoomRow } from '@parley/domain/testing';

/** What an answer of the server passes on its way through the server: a place where other things may happen first. */
export type Pause = (what: string) => Promise<unknown>;

/** Time moves when the story says so; what is due later happens when the network's scheduler says so. */
export class StoryClock extends Clock {
  private millis = Date.parse('2030-01-01T00:00:00.000Z');

  constructor(private readonly pause: Pause) {
    super();
  }

  now(): Date {
    return new Date(this.millis);
  }

  advance(milliseconds: number): void {
    this.millis += milliseconds;
  }

  later(_milliseconds: number, act: () => void): () => void {
    let isCancelled = false;
    void this.pause('later').then(() => isCancelled || act());
    return () => void (isCancelled = true);
  }
}

/** Keeps a part of each log only, as retention does. */
export class ForgettingRoomLog extends MemoryRoomLog {
  readonly floors = new Map<number, number>();

  override async after(room: RoomKey, afterPts: number, limit: number): Promise<LogSlice> {
    const { head, events } = await super.after(room, afterPts, limit);
    return { head: { ...head, floorPts: this.floors.get(room.roomNo) ?? 0 }, events };
  }
}

/** As PostgreSQL answers: an entry names the room, and the room is joined as it is when the entry is read. */
export class JoiningUserLog extends MemoryUserLog {
  constructor(private readonly tables: MemoryDatabase) {
    super(tables);
  }

  override async after(user: UserKey, afterPts: number, limit: number): Promise<UserSlice> {
    const slice = await super.after(user, afterPts, limit);
    return { ...slice, events: slice.events.map((event) => this.asToday(event)) };
  }

  private asToday(event: UserEvent): UserEvent {
    if (event.type !== 'room.entered' && event.type !== 'room.exited') return event;
    const row = this.tables.space(event.tenantId).rooms.get(event.data.room.no);
    const room = { ...event.data.room, ...(row && pick(row)) };
    return event.type === 'room.entered' ? { ...event, data: { ...event.data, room } } : { ...event, data: { room } };
  }
}

const pick = ({ epoch, name, settings, memberCount, lastSeq, pts, dissolvedAt }: RoomRow): Partial<RoomInfo> => ({
  ...{ epoch, name, settings, memberCount, lastSeq, pts, dissolvedAt },
});
