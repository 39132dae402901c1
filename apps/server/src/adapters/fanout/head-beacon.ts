import type { Connection } from '@parley/domain';
import type { RoomHead } from '@parley/protocol';

/** A connection is told the heads of its rooms that changed once in this time (G6, CONTRACT). */
const ROUND_MS = 5_000;
/** A round is told in so many parts: whoever is told in one has no part in the others, so that no moment has much to do. */
export const BEACON_PARTS = 50;
export const BEACON_PART_MS = ROUND_MS / BEACON_PARTS;

type Head = RoomHead['heads'][number];

interface Changed extends Head {
  /** Parts told before it changed. */
  readonly after: number;
}

/** Whose turn it is to hear how far the rooms have come that changed since its last turn. */
export class HeadBeacon {
  private readonly parts = Array.from({ length: BEACON_PARTS }, () => new Set<Connection>());
  private readonly partOf = new WeakMap<Connection, Set<Connection>>();
  private changed = new Map<string, Changed>();
  /** Of the round before: some have had their turn before it changed. */
  private earlier = new Map<string, Changed>();
  private added = 0;
  private told = 0;

  /** Newcomers are dealt out over the parts. */
  add(connection: Connection): void {
    const part = this.parts[this.added % BEACON_PARTS];
    this.added += 1;
    if (!part) return;
    part.add(connection);
    this.partOf.set(connection, part);
  }

  remove(connection: Connection): void {
    this.partOf.get(connection)?.delete(connection);
  }

  headOf(key: string): Head | undefined {
    return this.changed.get(key) ?? this.earlier.get(key);
  }

  note(key: string, { roomId, epoch, pts }: Head): void {
    this.changed.set(key, { roomId, epoch, pts, after: this.told });
  }

  forget(key: string): void {
    this.changed.delete(key);
    this.earlier.delete(key);
  }

  /** Tells one part of the connections. */
  tell(send: (connection: Connection, heads: readonly Head[]) => void): void {
    const part = this.parts[this.told % BEACON_PARTS];
    const since = this.told - BEACON_PARTS + 1;
    this.told += 1;
    if (this.changed.size + this.earlier.size > 0) {
      for (const connection of part ?? []) {
        const heads = this.of(connection, since);
        if (heads.length > 0) send(connection, heads);
      }
    }
    if (this.told % BEACON_PARTS > 0) return;
    this.earlier = this.changed;
    this.changed = new Map();
  }

  private of({ rooms }: Connection, since: number): Head[] {
    const heads: Head[] = [];
    for (const key of rooms) {
      const head = this.changed.get(key) ?? this.earlier.get(key);
      if (head && head.after >= since) heads.push({ roomId: head.roomId, epoch: head.epoch, pts: head.pts });
    }
    return heads;
  }
}
