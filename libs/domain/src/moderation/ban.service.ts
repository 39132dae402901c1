import { actorRef, type Actor } from '../actor.js';
import { auditUnlessUser } from '../audit/audit.js';
import { DomainError, invalidField, notFound } from '../errors.js';
import { earlierAnswer, rememberFor } from '../idempotency/idempotency.js';
import type { RoomId, UserId } from '../ids.js';
import { outranks } from '../members/member.js';
import type { MessageService } from '../messages/message.service.js';
import type { Page, PageRequest } from '../page.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { RoomLog } from '../ports/room-log.js';
import type { RoomAccess, Store, TenantTx } from '../ports/store.js';
import type { UserLog } from '../ports/user-log.js';
import type { RelayService } from '../relay/relay.service.js';
import { readableRoom, requireCapability } from '../rooms/access.js';
import { decideAndCommit } from '../rooms/retry.js';
import { JOINED_ROOMS_MAX } from '../limits.js';
import type { User } from '../users/user.js';
import { requireAuthority } from './authority.js';
import type { Ban } from './ban.js';

export interface BanRequest {
  readonly userId: UserId;
  readonly reason?: string;
  readonly expiresInSeconds?: number;
  /** Also take back what the user said. */
  readonly deleteMessages?: boolean;
}

const BAN = 'ban.create';

/** Bans from one room or from the whole tenant. */
export class BanService {
  constructor(
    private readonly store: Store,
    private readonly log: RoomLog,
    private readonly userLog: UserLog,
    private readonly relay: RelayService,
    private readonly messages: MessageService,
    private readonly tools: { readonly random: Random; readonly clock: Clock },
  ) {}

  /** After this resolves the user receives nothing later than the ban, and cannot come back while it holds (G11). */
  async banFromRoom(actor: Actor, roomId: RoomId, request: BanRequest): Promise<Ban> {
    const { reason, deleteMessages } = request;
    const operation = `${BAN}/${roomId}`;
    const { access, user, banId } = await decideAndCommit(async () => {
      const decided = await this.store.tenant(actor.tenantId, async (tx) => {
        const access = await readableRoom(tx, actor, roomId, this.tools.clock.now());
        const user = await this.target(tx, actor, access, request.userId);
        const earlier = await earlierAnswer(tx, actor, operation, request);
        const isMember = (await tx.members.get(access.room.no, user.no))?.status === 'member';
        return { access, user, isMember, earlier: (earlier as { banId: string } | undefined)?.banId };
      });
      if (decided.earlier !== undefined) return { ...decided, banId: decided.earlier };
      const banId = this.tools.random.uuid();
      const { access, user } = decided;
      const appended = await this.log.change({
        room: { tenantId: actor.tenantId, roomNo: access.room.no, roomId },
        roomVersion: access.room.version,
        by: actorRef(actor),
        changes: [{ type: 'member.banned', userNo: user.no, banId, reason, expiresAt: this.expiry(request) }],
        tells: decided.isMember ? [{ userNo: user.no, type: 'room.exited' }] : [],
        audit: auditUnlessUser(actor, BAN, { kind: 'user', id: user.id }, { roomId, reason: reason ?? null }),
        remember: rememberFor(actor, operation, request, { banId }),
      });
      this.relay.publish(appended);
      return { access, user, banId };
    });
    if (deleteMessages) await this.messages.deleteAllOf(actor, access, user.no, reason);
    return this.store.tenant(actor.tenantId, async (tx) => {
      const ban = (await tx.rooms.access(roomId, user.no))?.ban;
      if (ban?.id !== banId) throw new DomainError('conflict', { detail: 'the ban was replaced or lifted meanwhile' });
      return ban;
    });
  }

  private async target(tx: TenantTx, actor: Actor, access: RoomAccess, userId: UserId): Promise<User> {
    if (access.room.kind === 'direct') throw new DomainError('forbidden', { detail: 'block the user instead' });
    const me = requireCapability(actor, access, 'ban');
    const user = await tx.users.byId(userId);
    if (!user) throw notFound();
    if (me?.user.no === user.no) throw invalidField('/userId', 'nobody bans itself');
    const member = await tx.members.get(access.room.no, user.no);
    if (me && member?.status === 'member' && !outranks(me.role, member.role)) throw new DomainError('forbidden');
    return user;
  }

  async liftFromRoom(actor: Actor, roomId: RoomId, userId: UserId): Promise<void> {
    const { access, user } = await this.store.tenant(actor.tenantId, async (tx) => {
      const access = await readableRoom(tx, actor, roomId, this.tools.clock.now());
      requireCapability(actor, access, 'ban');
      const user = await tx.users.byId(userId);
      if (!user || !(await tx.rooms.access(roomId, user.no))?.ban) throw notFound();
      return { access, user };
    });
    this.relay.publish(
      await this.log.change({
        room: { tenantId: actor.tenantId, roomNo: access.room.no, roomId },
        by: actorRef(actor),
        changes: [{ type: 'member.unbanned', userNo: user.no }],
        audit: auditUnlessUser(actor, 'ban.lift', { kind: 'user', id: userId }, { roomId }),
      }),
    );
  }

  /** Keys and operators only. Sockets close; no send that starts after this resolves commits. */
  async banFromTenant(actor: Actor, request: BanRequest): Promise<Ban> {
    requireAuthority(actor);
    const { reason } = request;
    const user = await decideAndCommit(async () => {
      const { user, earlier } = await this.store.tenant(actor.tenantId, async (tx) => {
        const earlier = await earlierAnswer(tx, actor, BAN, request);
        const user = await tx.users.byId(request.userId);
        if (!user) throw notFound();
        return { user, earlier };
      });
      if (earlier) return user;
      const event = await this.userLog.change({
        user: { tenantId: actor.tenantId, userNo: user.no },
        by: actorRef(actor),
        change: { type: 'user.banned', banId: this.tools.random.uuid(), reason, expiresAt: this.expiry(request) },
        audit: auditUnlessUser(actor, BAN, { kind: 'user', id: user.id }, { reason: reason ?? null }),
        remember: rememberFor(actor, BAN, request, { userId: user.id }),
      });
      this.relay.publish({ events: [], userEvents: [event] });
      return user;
    });
    if (request.deleteMessages) await this.deleteEverywhere(actor, user, reason);
    const ban = await this.store.tenant(actor.tenantId, (tx) => tx.bans.tenantBan(user.no));
    if (!ban) throw new DomainError('conflict', { detail: 'the ban was lifted meanwhile' });
    return ban;
  }

  private async deleteEverywhere(actor: Actor, user: User, reason: string | undefined): Promise<void> {
    const [start] = await this.store.tenant(actor.tenantId, (tx) => tx.rooms.startOf([user.no], JOINED_ROOMS_MAX));
    for (const { id } of start?.rooms ?? []) {
      const access = await this.store.tenant(actor.tenantId, (tx) => tx.rooms.access(id, user.no));
      if (access) await this.messages.deleteAllOf(actor, access, user.no, reason);
    }
  }

  async liftFromTenant(actor: Actor, userId: UserId): Promise<void> {
    requireAuthority(actor);
    const user = await this.store.tenant(actor.tenantId, async (tx) => {
      const user = await tx.users.byId(userId);
      if (!user || !(await tx.bans.tenantBan(user.no))) throw notFound();
      return user;
    });
    const event = await this.userLog.change({
      user: { tenantId: actor.tenantId, userNo: user.no },
      by: actorRef(actor),
      change: { type: 'user.unbanned' },
      audit: auditUnlessUser(actor, 'ban.lift', { kind: 'user', id: userId }),
    });
    this.relay.publish({ events: [], userEvents: [event] });
  }

  /** Bans in force, newest first; of one room for its staff, of the tenant for keys and operators. */
  async list(actor: Actor, filter: { roomId?: RoomId; scope?: 'tenant' | 'room'; userId?: UserId }, page: PageRequest): Promise<Page<Ban>> {
    if (filter.roomId === undefined) requireAuthority(actor);
    return this.store.tenant(actor.tenantId, async (tx) => {
      let roomNo: number | undefined;
      if (filter.roomId !== undefined) {
        const access = await readableRoom(tx, actor, filter.roomId, this.tools.clock.now());
        requireCapability(actor, access, 'ban');
        roomNo = access.room.no;
      }
      const user = filter.userId === undefined ? undefined : await tx.users.byId(filter.userId);
      if (filter.userId !== undefined && !user) return { items: [] };
      return tx.bans.list({ roomNo, scope: filter.scope, userNo: user?.no }, page);
    });
  }

  private expiry({ expiresInSeconds }: BanRequest): Date | undefined {
    return expiresInSeconds === undefined ? undefined : new Date(this.tools.clock.now().getTime() + expiresInSeconds * 1_000);
  }
}
