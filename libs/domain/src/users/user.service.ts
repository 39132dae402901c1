import type { Actor } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import { notFound } from '../errors.js';
import { earlierAnswer, rememberFor } from '../idempotency/idempotency.js';
import type { RoomNo, UserId } from '../ids.js';
import { requireUser } from '../members/member.service.js';
import { requireAuthority } from '../moderation/authority.js';
import type { Ban } from '../moderation/ban.js';
import type { Page, PageRequest } from '../page.js';
import type { Clock } from '../ports/clock.js';
import type { Fanout } from '../ports/fanout.js';
import type { Store, TenantTx } from '../ports/store.js';
import { decideAndCommit } from '../rooms/retry.js';
import type { DirectFrom, User, UserProfile } from './user.js';

export interface UserFilter {
  readonly ids?: readonly UserId[];
  readonly q?: string;
  readonly banned?: boolean;
  readonly deactivated?: boolean;
}

const BATCH = 'user.batch';
/** In so many of the rooms a user is in, those of newest activity, a new name is told at once. */
const ROOMS_TOLD = 500;

/** A user as it is now, and the rooms that are told so. */
interface Changed {
  readonly user: User;
  readonly rooms: readonly RoomNo[];
}

/** The people of a tenant's app. */
export class UserService {
  constructor(
    private readonly store: Store,
    private readonly fanout: Fanout,
    private readonly clock: Clock,
  ) {}

  /** Creates the user or changes what is named; what is not named stays. */
  async put(actor: Actor, userId: UserId, profile: UserProfile): Promise<User> {
    requireAuthority(actor);
    const [changed] = await this.store.tenant(actor.tenantId, async (tx) => {
      if (actor.kind === 'operator') await tx.audit.append(auditOf(actor, 'user.put', { kind: 'user', id: userId }));
      return this.withRooms(tx, [await this.upsert(tx, userId, profile)]);
    });
    if (!changed) throw notFound();
    this.tellProfile(actor, changed);
    return changed.user;
  }

  /** Up to 100 users in one call and one commit. */
  async putMany(actor: Actor, users: readonly (UserProfile & { id: UserId })[]): Promise<readonly { userId: UserId; status: 'ok' }[]> {
    requireAuthority(actor);
    const results = users.map(({ id }) => ({ userId: id, status: 'ok' as const }));
    const putAll = async (tx: TenantTx): Promise<readonly Changed[]> => {
      if (await earlierAnswer(tx, actor, BATCH, users)) return [];
      const remember = rememberFor(actor, BATCH, users, results);
      if (remember) await tx.remembered.save(remember);
      const put: User[] = [];
      for (const { id, ...profile } of users) put.push(await this.upsert(tx, id, profile));
      return this.withRooms(tx, put);
    };
    const changed = await decideAndCommit(() => this.store.tenant(actor.tenantId, putAll));
    for (const one of changed) this.tellProfile(actor, one);
    return results;
  }

  private async upsert(tx: TenantTx, id: UserId, profile: UserProfile): Promise<User> {
    const [user] = await tx.users.ensure([{ id, name: profile.name ?? id, image: profile.image ?? undefined, metadata: profile.metadata }]);
    const updated = user && (await tx.users.update(user.no, profile));
    if (!updated) throw notFound();
    return updated;
  }

  async get(actor: Actor, userId: UserId): Promise<User> {
    const user = await this.store.tenant(actor.tenantId, (tx) => tx.users.byId(userId));
    if (!user || (user.deactivatedAt && actor.kind === 'user')) throw notFound();
    return user;
  }

  /** A user with the ban that holds for the whole tenant: what operators see. */
  async inspect(actor: Actor, userId: UserId): Promise<{ user: User; ban?: Ban }> {
    requireAuthority(actor);
    return this.store.tenant(actor.tenantId, async (tx) => {
      const caller = await tx.tenant.caller(userId);
      if (!caller?.user) throw notFound();
      return { user: caller.user, ban: caller.ban };
    });
  }

  async list(actor: Actor, filter: UserFilter, page: PageRequest): Promise<Page<User>> {
    return this.store.tenant(actor.tenantId, async (tx) => {
      const isUser = actor.kind === 'user';
      if (filter.ids) {
        const users = await tx.users.byIds(filter.ids);
        return { items: users.filter((user) => !isUser || !user.deactivatedAt) };
      }
      return tx.users.list(
        { q: filter.q, banned: isUser ? undefined : filter.banned, deactivated: isUser ? false : filter.deactivated },
        page,
      );
    });
  }

  async me(actor: Actor): Promise<User> {
    return this.get(actor, requireUser(actor).id);
  }

  async updateMe(actor: Actor, profile: UserProfile & { directFrom?: DirectFrom }): Promise<User> {
    const { no } = requireUser(actor);
    const [changed] = await this.store.tenant(actor.tenantId, async (tx) => {
      const user = await tx.users.update(no, profile);
      return user ? this.withRooms(tx, [user]) : [];
    });
    if (!changed) throw notFound();
    this.tellProfile(actor, changed);
    return changed.user;
  }

  /** Credentials of the user stop at once, its sockets close; nothing it wrote is touched. */
  async setDeactivated(actor: Actor, userId: UserId, isDeactivated: boolean): Promise<User> {
    requireAuthority(actor);
    const user = await this.store.tenant(actor.tenantId, async (tx) => {
      const found = await tx.users.byId(userId);
      const user = found && (await tx.users.setDeactivated(found.no, isDeactivated));
      if (!user) throw notFound();
      await tx.audit.append(auditOf(actor, isDeactivated ? 'user.deactivate' : 'user.reactivate', { kind: 'user', id: userId }));
      return user;
    });
    if (isDeactivated) this.fanout.disconnectUser({ tenantId: actor.tenantId, userNo: user.no }, 'deactivated');
    return user;
  }

  private async withRooms(tx: TenantTx, users: readonly User[]): Promise<readonly Changed[]> {
    const starts = await tx.rooms.startOf(
      users.map(({ no }) => no),
      ROOMS_TOLD,
    );
    return users.map((user, index) => ({ user, rooms: starts[index]?.rooms.map(({ no }) => no) ?? [] }));
  }

  private tellProfile({ tenantId }: Actor, { user, rooms }: Changed): void {
    this.fanout.toUserRooms({ type: 'user.updated', tenantId, user, at: this.clock.now() }, rooms);
  }
}
