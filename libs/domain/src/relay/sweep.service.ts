import type { TenantId } from '../ids.js';
import type { Connections } from '../ports/fanout.js';
import type { RoomLog } from '../ports/room-log.js';
import type { Store } from '../ports/store.js';
import type { RelayService } from './relay.service.js';

/** Users whose own heads are read in one statement. */
const USERS_TOGETHER = 1_000;
/** Own logs move rarely, and what they lack shows at the next entry too. */
const USERS_EVERY = 8;

/**
 * Compares what was told with what is stored. An event whose commit was never confirmed to this process, or that was
 * lost on its way from another, is told all the same, to clients that do nothing but listen (G6).
 */
export class SweepService {
  /** The database's time of the last reading; a reading that failed is made up for by the next. */
  private since?: Date;
  private turn = 0;

  constructor(
    private readonly log: RoomLog,
    private readonly store: Store,
    private readonly connections: Connections,
    private readonly relay: RelayService,
  ) {}

  async sweep(): Promise<void> {
    const tenantIds = Object.keys(this.connections.countByTenant());
    if (tenantIds.length === 0) return;
    const { now, heads } = await this.log.headsSince(tenantIds, this.since);
    for (const head of heads) await this.relay.catchUp(head);
    this.since = now;
    this.turn += 1;
    if (this.turn % USERS_EVERY === 0) for (const tenantId of tenantIds) await this.sweepUsers(tenantId);
  }

  private async sweepUsers(tenantId: TenantId): Promise<void> {
    const userNos = this.connections.usersOf(tenantId);
    for (let from = 0; from < userNos.length; from += USERS_TOGETHER) {
      const some = userNos.slice(from, from + USERS_TOGETHER);
      const heads = await this.store.tenant(tenantId, (tx) => tx.users.headsOf(some));
      some.forEach((userNo, index) => this.connections.tellUserHead({ tenantId, userNo }, heads[index] ?? 0));
    }
  }
}
