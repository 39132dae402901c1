import type { UserActor } from '../actor.js';
import type { RoomId, RoomKey } from '../ids.js';
import type { Start } from '../ports/store.js';
import type { RelayService } from '../relay/relay.service.js';
import type { RoomView } from '../rooms/room.js';
import type { RoomService } from '../rooms/room.service.js';
import type { SyncService } from './sync.service.js';

/** Readings of rooms that move meanwhile; then the client is told to ask for them. */
const TURNS_MAX = 3;

export interface Listening {
  readonly start: Start;
  /** Ids of rooms of which something after `start` was told before the connection listened. */
  readonly behind: ReadonlySet<RoomId>;
}

/** Opens rooms to a connection. A right that ended between its reading and the opening opens nothing (G11). */
export class ListenService {
  constructor(
    private readonly syncs: SyncService,
    private readonly rooms: RoomService,
    private readonly relay: RelayService,
  ) {}

  /**
   * All rooms the user is in. `open` subscribes at once, without waiting for anything. Gives what the user starts from:
   * what comes after it is told to who was opened to it, but for rooms that moved while they were read again and again.
   */
  async toAll(actor: UserActor, open: (room: RoomKey) => void): Promise<Listening> {
    for (let turn = 1; ; turn += 1) {
      const start = await this.syncs.start(actor);
      const behind = new Set<RoomId>();
      let isStale = false;
      for (const { no, id, epoch, pts } of start.rooms) {
        const room = { tenantId: actor.tenantId, roomNo: no };
        const following = this.relay.follow({ ...room, epoch, pts });
        if (following === 'behind') behind.add(id);
        if (following === 'stale') isStale = true;
        else open(room);
      }
      if (!isStale && (behind.size === 0 || turn >= TURNS_MAX)) return { start, behind };
    }
  }

  /** One room the user may read; opened first and read after, so that nothing falls between. Throws what `RoomService.get` does. */
  async toOne(actor: UserActor, roomId: RoomId, open: (room: RoomKey, isReader: boolean) => void): Promise<RoomView> {
    for (let isOpen = false; !isOpen;) {
      const { room, me } = await this.rooms.get(actor, roomId);
      const key = { tenantId: actor.tenantId, roomNo: room.no };
      isOpen = this.relay.follow({ ...key, epoch: room.epoch, pts: room.pts }) !== 'stale';
      if (isOpen) open(key, me?.status !== 'member');
    }
    return this.rooms.get(actor, roomId);
  }
}
