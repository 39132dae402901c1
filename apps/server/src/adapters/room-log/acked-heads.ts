import { roomKeyOf, type RoomKey } from '@parley/domain';
import type pg from 'pg';
import type { BatchRow, Placed } from './append-batch.js';
import type { Waiting } from './append-queue.js';

/** Rooms whose last acknowledged position is kept, the most recent ones. */
const ROOMS_MAX = 10_000;

const RAISE = `UPDATE room_heads h SET epoch = h.epoch + 1
  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS k(tenant_id, room_no, pts)
  WHERE h.tenant_id = k.tenant_id AND h.room_no = k.room_no AND h.pts < k.pts`;

/**
 * What this process has acknowledged, by room. A database that comes back with less, such as a promoted standby that
 * had not received the last commits, has lost a tail: those rooms get a new epoch before anything is appended to them,
 * so that no client takes a new event for one it knows.
 */
export class AckedHeads {
  private readonly heads = new Map<string, RoomKey & { readonly pts: number }>();

  constructor(private readonly onLostTail: (rooms: number) => void) {}

  note({ tenantId, roomNo }: RoomKey, pts: number): void {
    const key = roomKeyOf({ tenantId, roomNo });
    const known = this.heads.get(key);
    if (known && known.pts >= pts) return;
    this.heads.delete(key);
    this.heads.set(key, { tenantId, roomNo, pts });
    const oldest = this.heads.size > ROOMS_MAX ? this.heads.keys().next().value : undefined;
    if (oldest !== undefined) this.heads.delete(oldest);
  }

  noteBatch(rows: readonly BatchRow[], placed: readonly Placed<Waiting>[]): void {
    const last = new Map(placed.map(({ group, item, offset }) => [group, { room: item.entry.room, offset }]));
    for (const { gi, base_pts } of rows) {
      const own = last.get(gi);
      if (own && base_pts !== null) this.note(own.room, base_pts + own.offset);
    }
  }

  /** What was acknowledged of this room is not there any more. */
  isLost(room: RoomKey, pts: number): boolean {
    return (this.heads.get(roomKeyOf(room))?.pts ?? 0) > pts;
  }

  /** The room has a new epoch: what was acknowledged in the old one is settled. */
  forget(room: RoomKey): void {
    this.heads.delete(roomKeyOf(room));
    this.onLostTail(1);
  }

  /** On every new connection of the lane, before its first append. */
  async compare(client: pg.Client): Promise<void> {
    const known = [...this.heads.values()];
    if (known.length === 0) return;
    const columns = [known.map(({ tenantId }) => tenantId), known.map(({ roomNo }) => roomNo), known.map(({ pts }) => pts)];
    const { rowCount } = await client.query(RAISE, columns);
    if (!rowCount) return;
    this.heads.clear();
    this.onLostTail(rowCount);
  }
}
