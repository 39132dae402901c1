import type { RoomEnvelope } from '@parley/protocol';
import { digestOf, OUT_TYPES, type Seen } from '../checks/history.ts';
import type { Recorder } from '../checks/recorder.ts';
import { seenOf } from './wire.ts';

/** One room as one client follows it. */
export interface Place {
  readonly roomId: string;
  pts: number;
  readonly seen: Seen[];
  /** Arrived before its turn. */
  readonly early: Map<number, RoomEnvelope>;
  isSyncing: boolean;
  /** Its user was put out, as far as this client knows. */
  isOut: boolean;
}

export interface Identity {
  readonly client: string;
  readonly tenantId: string;
  readonly userId: string;
}

/** Events that arrived early are kept up to this many; more are asked for again. */
const EARLY_MAX = 500;

/** What a client knows of its rooms: tells the app each event once and in order, and notes what it was told. */
export class Places {
  private readonly rooms = new Map<string, Place>();
  private readonly who: Identity;
  private readonly recorder: Recorder;

  constructor(who: Identity, recorder: Recorder) {
    this.who = who;
    this.recorder = recorder;
  }

  of(roomId: string): Place | undefined {
    return this.rooms.get(roomId);
  }

  get all(): readonly Place[] {
    return [...this.rooms.values()];
  }

  /** As a history names client, user and room. */
  at(roomId: string): { readonly client: string; readonly userId: string; readonly roomId: string } {
    const { client, tenantId, userId } = this.who;
    return { client, userId: `${tenantId}/${userId}`, roomId: `${tenantId}/${roomId}` };
  }

  follow(roomId: string, pts: number): Place {
    const place = { roomId, pts, seen: [], early: new Map<number, RoomEnvelope>(), isSyncing: false, isOut: false };
    this.rooms.set(roomId, place);
    this.recorder.record({ kind: 'start', ...this.at(roomId), pts });
    return place;
  }

  leave(roomId: string): void {
    this.rooms.delete(roomId);
  }

  /** What came by itself. Returns the room that something is missing of. */
  receive(event: RoomEnvelope): Place | undefined {
    const { roomId } = event;
    const place = this.rooms.get(roomId) ?? (this.isOwnEntry(event) ? this.follow(roomId, 0) : undefined);
    if (place && event.pts === place.pts + 1) {
      this.apply(place, event);
      return undefined;
    }
    this.recorder.record({ kind: 'recv', ...this.at(roomId), ...seenOf(event) });
    if (!place || event.pts <= place.pts) return undefined;
    if (place.early.size < EARLY_MAX) place.early.set(event.pts, event);
    return place;
  }

  /** What was asked for at a time. A hole in it goes to the app as it is: the checker is to see it. */
  take(place: Place, events: readonly RoomEnvelope[], askedAt: number): void {
    for (const event of events) if (event.pts > place.pts) this.apply(place, event, askedAt);
  }

  recordFinal(): void {
    for (const { roomId, pts, seen, isOut } of this.all)
      if (!isOut) this.recorder.record({ kind: 'final', ...this.at(roomId), pts, digest: digestOf(seen) });
  }

  private apply(place: Place, event: RoomEnvelope, askedAt?: number): void {
    for (let next: RoomEnvelope | undefined = event; next; next = place.early.get(place.pts + 1)) {
      const seen = seenOf(next);
      place.early.delete(next.pts);
      place.pts = next.pts;
      place.seen.push(seen);
      const asked = next === event && askedAt !== undefined ? { askedAt } : {};
      this.recorder.record({ kind: 'apply', ...this.at(next.roomId), ...seen, ...asked });
      if (OUT_TYPES.has(next.type) && this.isOwn(next)) place.isOut = true;
      if (this.isOwnEntry(next)) place.isOut = false;
    }
  }

  private isOwnEntry(event: RoomEnvelope): boolean {
    return event.type === 'member.joined' && this.isOwn(event);
  }

  private isOwn(event: RoomEnvelope): boolean {
    return 'member' in event.data && event.data.member.userId === this.who.userId;
  }
}
