import type { Actor, UserActor } from '../actor.js';
import { DomainError } from '../errors.js';
import type { RoomEvent } from '../events.js';
import { Gather } from '../gather.js';
import type { RoomId, TenantId, UserNo } from '../ids.js';
import { JOINED_ROOMS_MAX, READY_ROOMS, SYNC_EVENTS_MAX } from '../limits.js';
import { requireUser } from '../members/member.service.js';
import type { Clock } from '../ports/clock.js';
import type { RoomLog } from '../ports/room-log.js';
import type { JoinedRoom, RoomAccess, Start, Store } from '../ports/store.js';
import type { UserLog } from '../ports/user-log.js';
import { hiddenUpTo, readableRoom, whyMayNotRead } from '../rooms/access.js';
import { RecentSlices } from './recent-slices.js';
import { needsReset, type Receipts, type RoomPosition, type RoomSync, type SyncAnswer, type SyncRequest, type UserSync } from './sync.js';

export interface EventSlice {
  readonly events: readonly RoomEvent[];
  readonly epoch: number;
  readonly pts: number;
  readonly complete: boolean;
}

/** Users whose rooms are read in one statement. */
const USERS_TOGETHER = 100;
const NO_RECEIPTS: Receipts = { cursors: [], memberCount: 0 };

interface Asked {
  readonly userNo: UserNo;
  readonly roomIds: readonly RoomId[];
  readonly hasReceipts: boolean;
}
interface FoundRoom {
  readonly access: RoomAccess;
  readonly receipts: Receipts;
}
interface Found {
  readonly userPts: number;
  readonly rooms: readonly (FoundRoom | undefined)[];
}

/** Differences: what happened after a position. Slices are contiguous and never partial in silence (G8). */
export class SyncService {
  private readonly joined = new Gather<UserNo, readonly JoinedRoom[]>(
    (tenantId, userNos) => this.store.tenant(tenantId, (tx) => tx.rooms.joinedOf(userNos, JOINED_ROOMS_MAX)),
    USERS_TOGETHER,
  );
  private readonly starts = new Gather<UserNo, Start>(
    (tenantId, userNos) => this.store.tenant(tenantId, (tx) => tx.rooms.startOf(userNos, READY_ROOMS)),
    USERS_TOGETHER,
  );
  private readonly finds = new Gather<Asked, Found>((tenantId, asked) => this.find(tenantId, asked), USERS_TOGETHER);
  private readonly recent: RecentSlices;

  constructor(
    private readonly store: Store,
    private readonly log: RoomLog,
    private readonly userLog: UserLog,
    private readonly clock: Clock,
  ) {
    this.recent = new RecentSlices(log, clock);
  }

  /** Rooms whose events the user's connections receive, newest activity first. */
  joinedRooms(actor: UserActor): Promise<readonly JoinedRoom[]> {
    return this.joined.ask(actor.tenantId, actor.user.no);
  }

  /** What a client starts from: its newest rooms with their heads, and its own head. */
  start(actor: UserActor): Promise<Start> {
    return this.starts.ask(actor.tenantId, actor.user.no);
  }

  sync(actor: Actor, request: SyncRequest, budget = SYNC_EVENTS_MAX): Promise<SyncAnswer> {
    return this.difference(actor, request, budget, true);
  }

  /** The same for a client that is about to be told where everything stands: without anybody's cursors. */
  replay(actor: Actor, request: SyncRequest): Promise<SyncAnswer> {
    return this.difference(actor, request, SYNC_EVENTS_MAX, false);
  }

  private async difference(actor: Actor, request: SyncRequest, budget: number, hasReceipts: boolean): Promise<SyncAnswer> {
    const user = requireUser(actor);
    const roomIds = request.rooms.map(({ roomId }) => roomId);
    const found = await this.finds.ask(actor.tenantId, { userNo: user.no, roomIds, hasReceipts });
    const own = request.userPts === undefined ? undefined : await this.userSlice(actor.tenantId, user.no, request.userPts, found, budget);
    let left = budget - (own?.events.length ?? 0);
    const rooms: RoomSync[] = [];
    for (const [index, position] of request.rooms.entries()) {
      const slice = await this.roomSlice(found.rooms[index], position, left);
      if ('events' in slice) left -= slice.events.length;
      rooms.push(slice);
    }
    return { ...(own ? { user: own } : {}), rooms };
  }

  private async find(tenantId: TenantId, asked: readonly Asked[]): Promise<readonly Found[]> {
    return this.store.tenant(tenantId, async (tx) => {
      const heads = await tx.users.headsOf(asked.map(({ userNo }) => userNo));
      const pairs = asked.flatMap(({ userNo, roomIds, hasReceipts }) => roomIds.map((id) => ({ id, userNo, hasReceipts })));
      const accesses = await tx.rooms.accesses(pairs);
      const receipts = await tx.members.receiptsOf(
        accesses.flatMap((access, index) => {
          const pair = pairs[index];
          return access && pair?.hasReceipts ? [{ roomNo: access.room.no, userNo: pair.userNo }] : [];
        }),
      );
      let [nextRoom, nextReceipts] = [0, 0];
      return asked.map(({ roomIds, hasReceipts }, index) => ({
        userPts: heads[index] ?? 0,
        rooms: roomIds.map(() => {
          const access = accesses[nextRoom++];
          return access && { access, receipts: (hasReceipts ? receipts[nextReceipts++] : undefined) ?? NO_RECEIPTS };
        }),
      }));
    });
  }

  private async userSlice(tenantId: TenantId, userNo: UserNo, afterPts: number, found: Found, limit: number): Promise<UserSync> {
    if (afterPts >= found.userPts) return { events: [], pts: found.userPts, complete: true };
    const { events, pts: head } = await this.userLog.after({ tenantId, userNo }, afterPts, limit);
    const pts = events.at(-1)?.userPts ?? Math.min(afterPts, head);
    return { events, pts, complete: pts >= head };
  }

  private async roomSlice(found: FoundRoom | undefined, position: RoomPosition, limit: number): Promise<RoomSync> {
    const { roomId } = position;
    const refusal = whyMayNotRead(found?.access, this.clock.now());
    if (refusal || !found) return { roomId, error: refusal ?? new DomainError('not-found') };
    const { access, receipts } = found;
    const { epoch, pts: head } = access.room;
    if (needsReset(position, access.room)) return { roomId, reset: true, epoch, pts: head };
    const events = await this.recent.after(access.room, position.afterPts, limit);
    const pts = events.at(-1)?.pts ?? position.afterPts;
    return { roomId, epoch, events: events.map(hideFrom(access)), pts, complete: pts >= head, receipts };
  }

  /** One room's events after a position. Throws `pts-too-old` with the floor, or `conflict` when the room must be reloaded. */
  async events(actor: Actor, roomId: RoomId, afterPts: number, limit: number, epoch?: number): Promise<EventSlice> {
    const access = await this.store.tenant(actor.tenantId, (tx) => readableRoom(tx, actor, roomId, this.clock.now()));
    const { events, head } = await this.log.after({ tenantId: actor.tenantId, roomNo: access.room.no }, afterPts, limit);
    if (needsReset({ roomId, epoch, afterPts }, head)) {
      throw new DomainError('pts-too-old', { detail: 'reload this room', floorPts: head.floorPts });
    }
    // What came after the right was read may be nothing for this reader any more.
    const allowed = events.filter(({ pts }) => pts <= access.room.pts);
    const pts = allowed.at(-1)?.pts ?? afterPts;
    return { events: allowed.map(hideFrom(access)), epoch: head.epoch, pts, complete: pts >= head.pts };
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
