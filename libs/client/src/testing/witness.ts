import type { RoomEnvelope, UserEnvelope } from '@parley/protocol';
import type { ChatClient } from '../chat-client.js';
import type { Positions } from '../sync-ports.js';
import { TOLD_WHOLE_MAX } from '../tracked-rooms.js';

/** What the app was told of one room since `start`: every position after it, in order. */
export interface Told {
  /** Undefined while only its end is known: it was fetched, and left before anything was told. The first event will say. */
  readonly start: number | undefined;
  readonly events: readonly RoomEnvelope[];
  readonly hasLeft: boolean;
  /** Something of it was told, be it before it started over. */
  readonly isTouched: boolean;
  /** The user came back: what happened meanwhile may be told or left out, but not in parts. */
  readonly mayGoOnFrom?: number;
}

export interface Saved {
  readonly positions: Positions;
  readonly rooms: ReadonlyMap<string, Told>;
}

const startingAt = (start: number | undefined, isTouched = false): Told => ({ start, events: [], hasLeft: false, isTouched });

/** An app that believes what it is told, and complains when that cannot be: a gap, a repeat, a disorder. */
export class Witness {
  readonly complaints: string[] = [];
  /** Everything it was told, for whoever reads a failure. */
  readonly diary: string[] = [];
  private rooms: Map<string, Told>;

  constructor(
    /** The position before the user came in, by the room's log itself. */
    private readonly cameAfter: (event: UserEnvelope & { type: 'room.entered' }) => number,
    rooms: ReadonlyMap<string, Told> = new Map(),
  ) {
    this.rooms = new Map(rooms);
  }

  watch(client: ChatClient): void {
    client.on('ready', ({ rooms }) => {
      for (const { roomId, epoch, pts } of rooms) this.diary.push(`${roomId} ready ${epoch}/${pts}`);
      rooms.forEach(({ roomId, pts }) => this.rooms.has(roomId) || this.begin(roomId, pts));
    });
    client.on('event', (event) => this.hear(event));
    client.on('error', (error) => this.complaints.push(String(error)));
    client.on('room', (notice) => {
      this.diary.push(`${notice.roomId} ${notice.type}${notice.type === 'reset' ? ` at ${notice.epoch}/${notice.pts}` : ''}`);
      const told = this.of(notice.roomId);
      if (notice.type === 'exited') this.rooms.set(notice.roomId, { ...told, hasLeft: true });
      if (notice.type === 'reset') this.rooms.set(notice.roomId, startingAt(notice.pts, told.isTouched));
    });
  }

  of(roomId: string): Told {
    return this.rooms.get(roomId) ?? startingAt(undefined);
  }

  /** As an app does that writes down what it processed and the positions in one transaction. */
  save(client: ChatClient): Saved {
    return { positions: JSON.parse(JSON.stringify(client.positions())) as Positions, rooms: new Map(this.rooms) };
  }

  /** A short room is told from its beginning, a long one from where the user came in, unless a part of it was told before. */
  private enter(event: UserEnvelope & { type: 'room.entered' }): void {
    const roomId = event.data.room.id;
    const told = this.of(roomId);
    const before = this.cameAfter(event);
    const start = before <= TOLD_WHOLE_MAX ? 0 : before;
    const isNew = !told.isTouched && !told.hasLeft;
    const last = told.events.at(-1)?.pts ?? told.start;
    if (isNew) this.begin(roomId, start);
    else if (told.hasLeft && last !== undefined && start > last) this.rooms.set(roomId, { ...told, mayGoOnFrom: start });
  }

  private begin(roomId: string, start: number): void {
    this.rooms.set(roomId, startingAt(start));
  }

  private hear(event: RoomEnvelope | UserEnvelope): void {
    this.diary.push(`${event.roomId} ${event.type} ${'userPts' in event ? `user ${event.userPts}` : `${event.epoch}/${event.pts}`}`);
    if ('userPts' in event) return event.type === 'room.entered' ? this.enter(event) : undefined;
    // A room never named before: one the user was put out of while it connected, or beyond those listed. It starts here.
    const known = this.of(event.roomId);
    const startsHere = known.start === undefined || known.mayGoOnFrom === event.pts - 1;
    const told = startsHere ? startingAt(event.pts - 1) : { ...known, mayGoOnFrom: undefined };
    const last = told.events.at(-1)?.pts ?? told.start ?? 0;
    if (event.pts !== last + 1) this.complaints.push(`${event.roomId}: told ${event.pts} after ${last}`);
    this.rooms.set(event.roomId, { ...told, events: [...told.events, event], isTouched: true });
  }
}
