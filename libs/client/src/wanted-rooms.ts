import { SYNC_ROOMS_MAX } from '@parley/domain';

/** Rooms of which something is missing, in the order they will be asked for. */
export class WantedRooms {
  private readonly wanted = new Set<string>();
  /** Not yet: their subscription is being renewed. */
  private readonly held = new Set<string>();

  has(roomId: string): boolean {
    return this.wanted.has(roomId) || this.held.has(roomId);
  }

  add(roomId: string): void {
    this.wanted.add(roomId);
  }

  /** Others get their turn first. */
  moveToEnd(roomId: string): void {
    this.wanted.delete(roomId);
    this.wanted.add(roomId);
  }

  /** True when something was wanted of it. */
  delete(roomId: string): boolean {
    const wasHeld = this.held.delete(roomId);
    return this.wanted.delete(roomId) || wasHeld;
  }

  hold(roomIds: ReadonlySet<string>): void {
    for (const roomId of roomIds) this.held.add(roomId);
  }

  release(roomId: string): void {
    this.held.delete(roomId);
  }

  releaseAll(): void {
    this.held.clear();
  }

  /** As many as fit into one call. */
  due(): readonly string[] {
    return [...this.wanted].filter((roomId) => !this.held.has(roomId)).slice(0, SYNC_ROOMS_MAX);
  }
}
