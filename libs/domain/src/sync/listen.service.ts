import type { UserActor } from '../actor.js';
import type { RoomId, RoomKey } from '../ids.js';
import type { RelayService } from '../relay/relay.service.js';
import type { RoomView } from '../rooms/room.js';
import type { RoomService } from '../rooms/room.service.js';
import type { SyncService } from './sync.service.js';

/** Opens rooms to a connection. A right that ended between its reading and the opening opens nothing (G11). */
export class ListenService {
  constructor(
    private readonly syncs: SyncService,
    private readonly rooms: RoomService,
    private readonly relay: RelayService,
  ) {}

  /** All rooms the user is in. `open` subscribes at once, without waiting for anything. */
  async toAll(actor: UserActor, open: (room: RoomKey) => void): Promise<void> {
    for (let isCurrent = false; !isCurrent;) {
      isCurrent = true;
      for (const { no, epoch, pts } of await this.syncs.joinedRooms(actor)) {
        const room = { tenantId: actor.tenantId, roomNo: no };
        if (this.relay.follow({ ...room, epoch, pts })) open(room);
        else isCurrent = false;
      }
    }
  }

  /** One room the user may read; opened first and read after, so that nothing falls between. Throws what `RoomService.get` does. */
  async toOne(actor: UserActor, roomId: RoomId, open: (room: RoomKey) => void): Promise<RoomView> {
    for (let isOpen = false; !isOpen;) {
      const { room } = await this.rooms.get(actor, roomId);
      const key = { tenantId: actor.tenantId, roomNo: room.no };
      isOpen = this.relay.follow({ ...key, epoch: room.epoch, pts: room.pts });
      if (isOpen) open(key);
    }
    return this.rooms.get(actor, roomId);
  }
}
