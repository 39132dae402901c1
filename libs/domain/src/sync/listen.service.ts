import type { UserActor } from '../actor.js';
import { DomainError } from '../errors.js';
import { userKeyOf, type RoomId, type RoomKey, type UserKey } from '../ids.js';
import type { Fanout } from '../ports/fanout.js';
import type { Start } from '../ports/store.js';
import type { RelayService } from '../relay/relay.service.js';
import type { RoomView } from '../rooms/room.js';
import type { RoomService } from '../rooms/room.service.js';
import type { SyncService } from './sync.service.js';

/** Readings for the sake of rooms that move meanwhile; then the client is told to ask for them. */
const TURNS_MAX = 3;
/** Readings for the sake of rights that end meanwhile; then the caller comes again. */
const STALE_TURNS_MAX = 10;
const RETRY_MS = 1_000;

export interface Listening {
  readonly start: Start;
  /** Ids of rooms of which something after `start` was told before the connection listened. */
  readonly behind: ReadonlySet<RoomId>;
}

/** Opens rooms to connections. A right that ended between its reading and the opening opens nothing (G11). */
export class ListenService {
  private readonly doubtful = new Map<string, UserKey>();
  private isSettling = false;

  constructor(
    private readonly syncs: SyncService,
    private readonly rooms: RoomService,
    private readonly relay: RelayService,
    private readonly fanout: Fanout,
  ) {
    relay.whenInDoubt((user) => this.doubt(user));
  }

  /**
   * All rooms the user is in. `open` subscribes at once, without waiting for anything. Gives what the user starts from:
   * what comes after it is told to who was opened to it, but for rooms that moved while they were read again and again.
   * Throws `unavailable` where rights went on ending while they were read.
   */
  async toAll(actor: UserActor, open: (room: RoomKey) => void): Promise<Listening> {
    const user = { tenantId: actor.tenantId, userNo: actor.user.no };
    const opened = new Set<RoomId>();
    for (let turn = 1; turn <= STALE_TURNS_MAX; turn += 1) {
      const start = await this.syncs.start(user);
      const behind = new Set<RoomId>();
      let isStale = false;
      for (const { no, id, epoch, pts } of start.rooms) {
        const room = { tenantId: actor.tenantId, roomNo: no };
        const following = this.relay.follow({ ...room, epoch, pts });
        if (following !== 'current') behind.add(id);
        // From its opening on a room is closed again by what is told of it.
        if (opened.has(id)) continue;
        if (following === 'stale') isStale = true;
        else {
          open(room);
          opened.add(id);
        }
      }
      if (!isStale && (behind.size === 0 || turn >= TURNS_MAX)) return { start, behind };
    }
    throw new DomainError('unavailable', { retryAfterMs: RETRY_MS });
  }

  /** One room the user may read; opened first and read after, so that nothing falls between. Throws what `RoomService.get` does. */
  async toOne(actor: UserActor, roomId: RoomId, open: (room: RoomKey, isReader: boolean) => void): Promise<RoomView> {
    for (let turn = 1; turn <= STALE_TURNS_MAX; turn += 1) {
      const { room, member } = await this.rooms.readable(actor, roomId);
      const key = { tenantId: actor.tenantId, roomNo: room.no };
      if (this.relay.follow({ ...key, epoch: room.epoch, pts: room.pts }) === 'stale') continue;
      open(key, member?.status !== 'member');
      return this.rooms.get(actor, roomId);
    }
    throw new DomainError('unavailable', { retryAfterMs: RETRY_MS });
  }

  /** Where the user listens is read anew, now and, should that fail, by `settle`. */
  doubt(user: UserKey): void {
    const { tenantId, userNo } = user;
    this.doubtful.set(userKeyOf(user), { tenantId, userNo });
    void this.settle();
  }

  /** Opens to doubtful users the rooms they are in. Never rejects: who could not be read stays doubtful. */
  async settle(): Promise<void> {
    if (this.isSettling) return;
    this.isSettling = true;
    for (const [key, user] of this.doubtful) {
      const isSettled = await this.enterAll(user).catch(() => false);
      if (isSettled) this.doubtful.delete(key);
    }
    this.isSettling = false;
  }

  private async enterAll(user: UserKey): Promise<boolean> {
    const { rooms } = await this.syncs.start(user);
    let isSettled = true;
    for (const { no, id, epoch, pts } of rooms) {
      const room = { tenantId: user.tenantId, roomNo: no };
      const following = this.relay.follow({ ...room, epoch, pts });
      if (following !== 'current') isSettled = false;
      if (following === 'stale') continue;
      // What the client asked for when it was told of the room may have been less than this.
      if (this.fanout.enter(user, room)) this.fanout.head({ ...room, roomId: id, epoch, pts });
    }
    return isSettled;
  }
}
