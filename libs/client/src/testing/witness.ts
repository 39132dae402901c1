import type { RoomEnvelope, UserEnvelope } from '@parley/protocol';
import type { ChatClient } from '../chat-client.js';
import type { Positions } from '../sync-ports.js';
import { TOLD_WHOLE_MAX } from '../tracked-rooms.js';

/** What the app was told of one room since `start`: every position after it, in order. */
export interface Told {
  readonly start: number;
  readonly events: readonly RoomEnvelope[];
  readonly hasLeft: boolean;
}

export interface Saved {
  readonly positions: Positions;
  readonly rooms: ReadonlyMap<string, Told>;
}

const startingAt = (start: number): Told => ({ start, events: [], hasLeft: false });

/** An app that believes what it is told, and complains when that cannot be: a gap, a repeat, a disorder. */
export class Witness {
  readonly complaints: string[] = [];
  private rooms: Map<string, Told>;

  constructor(
    /** The position before the user came in last, by the log itself. */
    private readonly cameAfter: (roomId: string) => number,
    rooms: ReadonlyMap<string, Told> = new Map(),
  ) {
    this.rooms = new Map(rooms);
  }

  watch(client: ChatClient): void {
    client.on('ready', ({ rooms }) => rooms.forEach(({ roomId, pts }) => this.rooms.has(roomId) || this.begin(roomId, pts)));
    client.on('event', (event) => this.hear(event));
    client.on('error', (error) => this.complaints.push(String(error)));
    client.on('room', (notice) => {
      const told = this.of(notice.roomId);
      if (notice.type === 'exited') this.rooms.set(notice.roomId, { ...told, hasLeft: true });
      if (notice.type === 'reset') this.begin(notice.roomId, notice.pts);
      if (notice.type === 'entered') this.enter(notice.roomId, told);
    });
  }

  of(roomId: string): Told {
    return this.rooms.get(roomId) ?? startingAt(0);
  }

  /** As an app does that writes down what it processed and the positions in one transaction. */
  save(client: ChatClient): Saved {
    return { positions: JSON.parse(JSON.stringify(client.positions())) as Positions, rooms: new Map(this.rooms) };
  }

  /** A short room is told from its beginning, a long one from where the user came in, unless a part of it was told before. */
  private enter(roomId: string, told: Told): void {
    const before = this.cameAfter(roomId);
    const start = before <= TOLD_WHOLE_MAX ? 0 : before;
    const isNew = told.events.length === 0 && !told.hasLeft;
    const last = told.events.at(-1)?.pts ?? told.start;
    if (isNew || (told.hasLeft && start > last)) this.begin(roomId, start);
  }

  private begin(roomId: string, start: number): void {
    this.rooms.set(roomId, startingAt(start));
  }

  private hear(event: RoomEnvelope | UserEnvelope): void {
    if ('userPts' in event) return;
    // A room never named before: one the user was put out of while it connected, or beyond those listed. It starts here.
    const told = this.rooms.get(event.roomId) ?? startingAt(event.pts - 1);
    const last = told.events.at(-1)?.pts ?? told.start;
    if (event.pts !== last + 1) this.complaints.push(`${event.roomId}: told ${event.pts} after ${last}`);
    this.rooms.set(event.roomId, { ...told, events: [...told.events, event] });
  }
}
