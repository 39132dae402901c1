import type { Actor, UserActor } from '../actor.js';
import { DomainError } from '../errors.js';
import type { RoomEvent } from '../events.js';
import type { RoomId, RoomNo } from '../ids.js';
import { JOINED_ROOMS_MAX, READY_ROOMS, SYNC_EVENTS_MAX } from '../limits.js';
import { requireUser } from '../members/member.service.js';
import type { Clock } from '../ports/clock.js';
import type { RoomLog } from '../ports/room-log.js';
import type { RoomAccess, Store } from '../ports/store.js';
import type { UserLog } from '../ports/user-log.js';
import type { RoomView } from '../rooms/room.js';
import { hiddenUpTo, readableRoom, whyMayNotRead } from '../rooms/access.js';
import { needsReset, type Receipts, type RoomPosition, type RoomSync, type SyncAnswer, type SyncRequest, type UserSync } from './sync.js';

/** What a client starts from: its newest rooms with their heads, and its own head. */
export interface Ready {
  readonly userPts: number;
  readonly unreadTotal: number;
  readonly rooms: readonly RoomView[];
  readonly hasMore: boolean;
}

export interface EventSlice {
  readonly events: readonly RoomEvent[];
  readonly epoch: number;
  readonly pts: number;
  readonly complete: boolean;
}

/** Differences: what happened after a position. Slices are contiguous and never partial in silence (G8). */
export class SyncService {
  constructor(
    private readonly store: Store,
    private readonly log: RoomLog,
    private readonly userLog: UserLog,
    private readonly clock: Clock,
  ) {}

  /** Rooms whose events the user's connections receive, newest activity first. */
  async joinedRooms(actor: UserActor): Promise<readonly { no: RoomNo; id: RoomId }[]> {
    return this.store.tenant(actor.tenantId, (tx) => tx.rooms.joined(actor.user.no, JOINED_ROOMS_MAX));
  }

  async ready(actor: UserActor): Promise<Ready> {
    return this.store.tenant(actor.tenantId, async (tx) => {
      const user = await tx.users.byId(actor.user.id);
      const page = await tx.rooms.listOf(actor.user.no, {}, { limit: READY_ROOMS });
      return {
        userPts: user?.userPts ?? 0,
        unreadTotal: await tx.members.unreadTotal(actor.user.no),
        rooms: page.items,
        hasMore: page.next !== undefined,
      };
    });
  }

  async sync(actor: Actor, request: SyncRequest, budget = SYNC_EVENTS_MAX): Promise<SyncAnswer> {
    const user = requireUser(actor);
    const key = { tenantId: actor.tenantId, userNo: user.no };
    const own = request.userPts === undefined ? undefined : await this.userSlice(key, request.userPts, budget);
    let left = budget - (own?.events.length ?? 0);
    const rooms: RoomSync[] = [];
    for (const position of request.rooms) {
      const slice = await this.roomSlice(actor as UserActor, position, left);
      if ('events' in slice) left -= slice.events.length;
      rooms.push(slice);
    }
    return { ...(own ? { user: own } : {}), rooms };
  }

  private async userSlice(key: { tenantId: string; userNo: number }, afterPts: number, limit: number): Promise<UserSync> {
    const { events, pts: head } = await this.userLog.after(key, afterPts, limit);
    const pts = events.at(-1)?.userPts ?? Math.min(afterPts, head);
    return { events, pts, complete: pts >= head };
  }

  private async roomSlice(actor: UserActor, position: RoomPosition, limit: number): Promise<RoomSync> {
    const { roomId } = position;
    const read = await this.store.tenant(actor.tenantId, async (tx) => {
      const access = await tx.rooms.access(roomId, actor.user.no);
      const refusal = whyMayNotRead(access, this.clock.now());
      if (refusal || !access) return { error: refusal ?? new DomainError('not-found') } as const;
      return { error: undefined, access, receipts: await tx.members.receipts(access.room.no, actor.user.no) };
    });
    if (read.error) return { roomId, error: read.error };
    if (limit <= 0) {
      const { epoch } = read.access.room;
      return { roomId, epoch, events: [], pts: position.afterPts, complete: false, receipts: read.receipts };
    }
    return this.slice(read.access, read.receipts, position, limit);
  }

  private async slice(access: RoomAccess, receipts: Receipts, position: RoomPosition, limit: number): Promise<RoomSync> {
    const { room } = access;
    const { events, head } = await this.log.after({ tenantId: room.tenantId, roomNo: room.no }, position.afterPts, limit);
    if (needsReset(position, head)) return { roomId: room.id, reset: true, epoch: head.epoch, pts: head.pts };
    const pts = events.at(-1)?.pts ?? position.afterPts;
    return { roomId: room.id, epoch: head.epoch, events: events.map(hideFrom(access)), pts, complete: pts >= head.pts, receipts };
  }

  /** One room's events after a position. Throws `pts-too-old` with the floor, or `conflict` when the room must be reloaded. */
  async events(actor: Actor, roomId: RoomId, afterPts: number, limit: number, epoch?: number): Promise<EventSlice> {
    const access = await this.store.tenant(actor.tenantId, (tx) => readableRoom(tx, actor, roomId, this.clock.now()));
    const { events, head } = await this.log.after({ tenantId: actor.tenantId, roomNo: access.room.no }, afterPts, limit);
    if (needsReset({ roomId, epoch, afterPts }, head)) {
      throw new DomainError('pts-too-old', { detail: 'reload this room', floorPts: head.floorPts });
    }
    const pts = events.at(-1)?.pts ?? afterPts;
    return { events: events.map(hideFrom(access)), epoch: head.epoch, pts, complete: pts >= head.pts };
  }
}

/** What was before the viewer's time keeps its position and loses everything else. */
function hideFrom(access: RoomAccess): (event: RoomEvent) => RoomEvent {
  const { pts: floor } = hiddenUpTo(access);
  return (event) => {
    if (event.pts > floor) return event;
    const { id, tenantId, roomNo, roomId, epoch, pts, at } = event;
    return { id, type: 'event.hidden', tenantId, roomNo, roomId, epoch, pts, at, data: {} };
  };
}
