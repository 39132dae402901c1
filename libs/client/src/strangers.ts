import type { RoomEnvelope } from '@parley/protocol';

/** All rooms together; what is dropped here is found again by `sync` or the beacon. */
const HELD_MAX = 1_000;

/** Events of rooms not followed yet: they wait until the user's own log has said where those rooms begin for it. */
export class Strangers {
  private readonly held = new Map<string, RoomEnvelope[]>();
  private count = 0;

  get isEmpty(): boolean {
    return this.held.size === 0;
  }

  has(roomId: string): boolean {
    return this.held.has(roomId);
  }

  ids(): readonly string[] {
    return [...this.held.keys()];
  }

  hold(event: RoomEnvelope): void {
    if (this.count >= HELD_MAX) return;
    this.count += 1;
    const events = this.held.get(event.roomId) ?? [];
    events.push(event);
    this.held.set(event.roomId, events);
  }

  /** The lowest position that waits, in the newest epoch seen. */
  first(roomId: string): RoomEnvelope | undefined {
    const events = this.held.get(roomId) ?? [];
    return events.reduce<RoomEnvelope | undefined>((first, event) => (!first || isBefore(event, first) ? event : first), undefined);
  }

  release(roomId: string): readonly RoomEnvelope[] {
    const events = this.held.get(roomId) ?? [];
    this.held.delete(roomId);
    this.count -= events.length;
    return events;
  }
}

const isBefore = (a: RoomEnvelope, b: RoomEnvelope): boolean => (a.epoch === b.epoch ? a.pts < b.pts : a.epoch > b.epoch);
