import type { TenantId, UserKey } from '../ids.js';
import type { Connections } from '../ports/fanout.js';
import type { RoomLog } from '../ports/room-log.js';
import type { Store, UserHead } from '../ports/store.js';
import type { UserLog } from '../ports/user-log.js';
import type { ListenService } from '../sync/listen.service.js';
import type { RelayService } from './relay.service.js';

/** Users whose own heads are read in one statement. */
const USERS_TOGETHER = 1_000;
/** Entries of one user's own log that are told in one round; the rest follows in the next. */
const ENTRIES_MAX = 100;
/** Rooms that are caught up with at the same time. */
const ROOMS_TOGETHER = 8;

/**
 * Compares what was told with what is stored. What was committed and never confirmed to this process, or was lost on its
 * way from another, is told all the same: events to clients that do nothing but listen (G6), bans to whom they close (G11).
 */
export class SweepService {
  /** The database's time of the last reading; a reading that failed is made up for by the next. */
  private since?: Date;

  constructor(
    private readonly log: RoomLog,
    private readonly userLog: UserLog,
    private readonly store: Store,
    private readonly connections: Connections,
    private readonly relay: RelayService,
    private readonly listen: ListenService,
  ) {}

  async sweep(): Promise<void> {
    const tenantIds = Object.keys(this.connections.countByTenant());
    if (tenantIds.length === 0) {
      this.since = undefined;
      return;
    }
    await this.sweepRooms(tenantIds);
    for (const tenantId of tenantIds) await this.sweepUsers(tenantId);
    await this.listen.settle();
  }

  private async sweepRooms(tenantIds: readonly TenantId[]): Promise<void> {
    const { now, heads } = await this.log.headsSince(tenantIds, this.since);
    for (let from = 0; from < heads.length; from += ROOMS_TOGETHER)
      await Promise.all(heads.slice(from, from + ROOMS_TOGETHER).map((head) => this.relay.catchUp(head)));
    this.since = now;
  }

  private async sweepUsers(tenantId: TenantId): Promise<void> {
    const userNos = this.connections.usersOf(tenantId);
    for (let from = 0; from < userNos.length; from += USERS_TOGETHER) {
      const some = userNos.slice(from, from + USERS_TOGETHER);
      const heads = await this.store.tenant(tenantId, (tx) => tx.users.headsOf(some));
      for (const [index, userNo] of some.entries()) {
        const head = heads[index];
        if (head) await this.tellUser({ tenantId, userNo }, head);
      }
    }
  }

  /** A ban is told with its reason before rights that have changed close the connection without one. */
  private async tellUser(user: UserKey, { userPts, userVersion }: UserHead): Promise<void> {
    await this.tellEntries(user, userPts);
    this.connections.outdate(user, userVersion);
  }

  private async tellEntries(user: UserKey, userPts: number): Promise<void> {
    const told = this.connections.behind(user, userPts);
    if (told === undefined) return;
    const { events } = await this.userLog.after(user, told, ENTRIES_MAX);
    for (const event of events) this.relay.tellUser(event);
    if (events.some(({ type }) => type === 'room.entered')) this.listen.doubt(user);
  }
}
