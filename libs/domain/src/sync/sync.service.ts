import type { Actor, UserActor } from '../actor.js';
import { DomainError, notFound } from '../errors.js';
import type { RoomEvent } from '../events.js';
import { Gather } from '../gather.js';
import type { RoomId, TenantId, UserKey, UserNo } from '../ids.js';
import { JOINED_ROOMS_MAX, SYNC_EVENTS_MAX } from '../limits.js';
import { requireUser } from '../members/member.service.js';
import type { Clock } from '../ports/clock.js';
import type { RoomLog } from '../ports/room-log.js';
import type { RoomAccess, Start, Store } from '../ports/store.js';
import type { UserLog } from '../ports/user-log.js';
import { hiddenUpTo, readableRoom, whyMayNotRead } from '../rooms/access.js';
import { RecentSlices, type LogPlace } from './recent-slices.js';
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
}

/** A room the caller may read, as of one moment. */
interface Readable {
  readonly room: LogPlace & { readonly floorPts: number };
  readonly hiddenPts: number;
  readonly receipts: Receipts;
}
interface Found {
  readonly userPts: number;
  readonly rooms: readonly (Readable | DomainError)[];
}

/** Differences: what happened after a position. Slices are contiguous and never partial in silence (G8). */
export class SyncService {
  private readonly starts = new Gather<UserNo, Start>(
    (tenantId, userNos) => this.store.tenant(tenantId, (tx) => tx.rooms.startOf(userNos, JOINED_ROOMS_MAX)),
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

  /** What a client starts from: its rooms with their heads, and its own head. */
  start({ tenantId, userNo }: UserKey): Promise<Start> {
    return this.starts.ask(tenantId, userNo);
  }

  async sync(actor: Actor, request: SyncRequest, budget = SYNC_EVENTS_MAX): Promise<SyncAnswer> {
    const user = requireUser(actor);
    const roomIds = request.rooms.map(({ roomId }) => roomId);
    const found = await this.finds.ask(actor.tenantId, { userNo: user.no, roomIds });
    return this.difference(actor.tenantId, user.no, request, found, budget);
  }

  /**
   * The same for a client that comes back, up to what it is going to be told to start from: its rooms have just been read
   * with its rights, and nobody's cursors are told.
   */
  async replay(actor: UserActor, request: SyncRequest, { userPts, rooms }: Start, budget = SYNC_EVENTS_MAX): Promise<SyncAnswer> {
    const joined = new Map(rooms.map((room) => [room.id, room]));
    const others = request.rooms.filter(({ roomId }) => !joined.has(roomId)).map(({ roomId }) => roomId);
    const found = others.length > 0 ? await this.finds.ask(actor.tenantId, { userNo: actor.user.no, roomIds: others }) : undefined;
    let next = 0;
    const all = request.rooms.map(({ roomId }): Readable | DomainError => {
      const room = joined.get(roomId);
      if (!room) return found?.rooms[next++] ?? notFound();
      return { room: { ...room, tenantId: actor.tenantId }, hiddenPts: room.hiddenPts, receipts: NO_RECEIPTS };
    });
    return this.difference(actor.tenantId, actor.user.no, request, { userPts, rooms: all }, budget);
  }

  private async difference(tenantId: TenantId, userNo: UserNo, request: SyncRequest, found: Found, budget: number): Promise<SyncAnswer> {
    const own = request.userPts === undefined ? undefined : await this.userSlice(tenantId, userNo, request.userPts, found, budget);
    let left = budget - (own?.events.length ?? 0);
    const rooms: RoomSync[] = [];
    for (const [index, position] of request.rooms.entries()) {
      const slice = await this.roomSlice(found.rooms[index] ?? notFound(), position, left);
      if ('events' in slice) left -= slice.events.length;
      rooms.push(slice);
    }
    return { ...(own ? { user: own } : {}), rooms };
  }

  private async find(tenantId: TenantId, asked: readonly Asked[]): Promise<readonly Found[]> {
    const now = this.clock.now();
    return this.store.tenant(tenantId, async (tx) => {
      const heads = await tx.users.headsOf(asked.map(({ userNo }) => userNo));
      const pairs = asked.flatMap(({ userNo, roomIds }) => roomIds.map((id) => ({ id, userNo })));
      const accesses = await tx.rooms.accesses(pairs);
      const receipts = await tx.members.receiptsOf(
        accesses.flatMap((access, index) => {
          const pair = pairs[index];
          return access && pair ? [{ roomNo: access.room.no, userNo: pair.userNo }] : [];
        }),
      );
      let [nextRoom, nextReceipts] = [0, 0];
      return asked.map(({ roomIds }, index) => ({
        userPts: heads[index]?.userPts ?? 0,
        rooms: roomIds.map(() => {
          const access = accesses[nextRoom++];
          const told = access ? receipts[nextReceipts++] : undefined;
          return whyMayNotRead(access, now) ?? (access ? readable(access, told ?? NO_RECEIPTS) : notFound());
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

  private async roomSlice(found: Readable | DomainError, position: RoomPosition, limit: number): Promise<RoomSync> {
    const { roomId } = position;
    if (found instanceof DomainError) return { roomId, error: found };
    const { room, hiddenPts, receipts } = found;
    const { epoch, pts: head } = room;
    if (needsReset(position, room)) return { roomId, reset: true, epoch, pts: head };
    const events = await this.recent.after(room, position.afterPts, limit);
    const pts = events.at(-1)?.pts ?? position.afterPts;
    return { roomId, epoch, events: events.map(hideUpTo(hiddenPts)), pts, complete: pts >= head, receipts };
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
    return { events: allowed.map(hideUpTo(hiddenUpTo(access).pts)), epoch: head.epoch, pts, complete: pts >= head.pts };
  }
}

const readable = (access: RoomAccess, receipts: Receipts): Readable => ({
  room: access.room,
  hiddenPts: hiddenUpTo(access).pts,
  receipts,
});

/** What was before the viewer's time keeps its position and loses everything else. */
function hideUpTo(floor: number): (event: RoomEvent) => RoomEvent {
  return (event) => {
    if (event.pts > floor) return event;
    const { id, tenantId, roomNo, roomId, epoch, pts, at } = event;
    return { id, type: 'event.hidden', tenantId, roomNo, roomId, epoch, pts, at, data: {} };
  };
}
