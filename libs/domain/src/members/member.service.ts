import { actorRef, type Actor } from '../actor.js';
import { auditUnlessUser } from '../audit/audit.js';
import { DomainError, notFound, type ErrorCode } from '../errors.js';
import { earlierAnswer, rememberFor } from '../idempotency/idempotency.js';
import type { RoomId, UserId } from '../ids.js';
import type { Page, PageRequest } from '../page.js';
import type { Clock } from '../ports/clock.js';
import type { ChangeEntry, RoomChange, RoomLog } from '../ports/room-log.js';
import type { RoomAccess, Store, TenantTx } from '../ports/store.js';
import { banHolds } from '../moderation/ban.js';
import type { RelayService } from '../relay/relay.service.js';
import { bannedError, readableRoom, requireCapability, standing } from '../rooms/access.js';
import { decideAndCommit } from '../rooms/retry.js';
import { lookUpUsers, tenantOf } from '../rooms/room.service.js';
import { FOREVER, outranks, type Member, type Role } from './member.js';

/** What became of one user named in a call. */
export interface AddResult {
  readonly userId: UserId;
  readonly status: 'added' | 'already-member' | 'refused';
  readonly code?: ErrorCode;
}

export interface MemberPatch {
  readonly role?: Role;
  readonly name?: string | null;
  /** Seconds; 0 = until lifted; null = speak again. */
  readonly muteSeconds?: number | null;
  readonly reason?: string;
}

const ADD = 'member.add';

/** Who is in a room and in which role. */
export class MemberService {
  constructor(
    private readonly store: Store,
    private readonly log: RoomLog,
    private readonly relay: RelayService,
    private readonly clock: Clock,
  ) {}

  async list(actor: Actor, roomId: RoomId, page: PageRequest): Promise<Page<Member>> {
    return this.store.tenant(actor.tenantId, async (tx) => {
      const { room } = await readableRoom(tx, actor, roomId, this.clock.now());
      return tx.members.list(room.no, page);
    });
  }

  /** Adds users, each with an answer of its own; those who are inside already count as done. */
  async add(actor: Actor, roomId: RoomId, userIds: readonly UserId[]): Promise<readonly AddResult[]> {
    const body = { roomId, userIds };
    return decideAndCommit(async () => {
      const decided = await this.store.tenant(actor.tenantId, async (tx) => {
        const earlier = await earlierAnswer(tx, actor, ADD, body);
        if (earlier) return { results: earlier as unknown as AddResult[], room: undefined, joins: [] };
        return this.decideAdding(tx, actor, roomId, [...new Set(userIds)]);
      });
      if (!decided.room || decided.joins.length === 0) return decided.results;
      const { room } = decided;
      await this.commit({
        room: { tenantId: actor.tenantId, roomNo: room.no, roomId },
        // A ban, or the caller's own removal, between the decision and the commit counts.
        roomVersion: room.version,
        by: actorRef(actor),
        changes: decided.joins,
        tells: decided.joins.map(({ userNo }) => ({ userNo, type: 'room.entered' as const })),
        audit: auditUnlessUser(actor, ADD, { kind: 'room', id: roomId }, { users: decided.joins.length }),
        remember: rememberFor(
          actor,
          ADD,
          body,
          decided.results.map((result) => ({ ...result })),
        ),
      });
      return decided.results;
    });
  }

  private async decideAdding(tx: TenantTx, actor: Actor, roomId: RoomId, userIds: readonly UserId[]) {
    const access = await readableRoom(tx, actor, roomId, this.clock.now());
    requireCapability(actor, access, 'member.add');
    if (access.room.kind === 'direct') throw new DomainError('forbidden', { detail: 'a direct room has two members' });
    const users = await lookUpUsers(tx, actor, await tenantOf(tx), userIds, '/userIds');
    const results: AddResult[] = [];
    const joins: (RoomChange & { type: 'member.joined' })[] = [];
    for (const userId of userIds) {
      const user = users.get(userId);
      if (!user) {
        results.push({ userId, status: 'refused', code: 'not-found' });
        continue;
      }
      const of = await tx.rooms.access(roomId, user.no);
      if (of?.member?.status === 'member') results.push({ userId, status: 'already-member' });
      else if (of?.ban && banHolds(of.ban, this.clock.now())) results.push({ userId, status: 'refused', code: 'banned' });
      else {
        results.push({ userId, status: 'added' });
        joins.push({
          type: 'member.joined',
          userNo: user.no,
          role: access.room.memberCount === 0 && joins.length === 0 ? 'owner' : 'member',
        });
      }
    }
    return { room: access.room, results, joins };
  }

  /** A user's own way in, where the room's join policy is open. */
  async join(actor: Actor, roomId: RoomId): Promise<Member> {
    const user = requireUser(actor);
    await decideAndCommit(async () => {
      const access = await this.store.tenant(actor.tenantId, async (tx) => {
        const access = await tx.rooms.access(roomId, user.no);
        if (!access || (access.room.kind !== 'channel' && !access.member && access.room.settings.joinPolicy !== 'open')) throw notFound();
        if (access.ban && banHolds(access.ban, this.clock.now())) throw bannedError(access.ban);
        return access;
      });
      if (access.member?.status === 'member') return;
      if (access.room.dissolvedAt || access.room.settings.joinPolicy !== 'open' || access.room.kind === 'direct')
        throw new DomainError('forbidden');
      await this.commit({
        room: { tenantId: actor.tenantId, roomNo: access.room.no, roomId },
        roomVersion: access.room.version,
        by: actorRef(actor),
        changes: [{ type: 'member.joined', userNo: user.no, role: 'member' }],
        tells: [{ userNo: user.no, type: 'room.entered' }],
      });
    });
    return this.get(actor, roomId, user.id);
  }

  async get(actor: Actor, roomId: RoomId, userId: UserId): Promise<Member> {
    return this.store.tenant(actor.tenantId, async (tx) => {
      const access = await readableRoom(tx, actor, roomId, this.clock.now());
      const member = await this.memberOf(tx, access, userId);
      if (member?.status !== 'member') throw notFound();
      return member;
    });
  }

  /** Removing oneself is leaving. The owner hands over first, or names `auto` to let the oldest admin or member inherit (D11). */
  async remove(actor: Actor, roomId: RoomId, userId: UserId, transferTo?: UserId | 'auto'): Promise<void> {
    await decideAndCommit(async () => {
      const { access, changes, userNo } = await this.store.tenant(actor.tenantId, async (tx) => {
        const access = await readableRoom(tx, actor, roomId, this.clock.now());
        const target = await this.memberOf(tx, access, userId);
        if (target?.status !== 'member') throw notFound();
        const isSelf = actor.kind === 'user' && actor.user.id === userId;
        const changes = isSelf ? await this.leaving(tx, access, target, transferTo) : this.removing(actor, access, target);
        return { access, changes, userNo: target.user.no };
      });
      await this.commit({
        room: { tenantId: actor.tenantId, roomNo: access.room.no, roomId },
        roomVersion: access.room.version,
        by: actorRef(actor),
        changes,
        tells: changes.some(({ type }) => type === 'room.dissolved') ? [] : [{ userNo, type: 'room.exited' }],
        audit: auditUnlessUser(actor, 'member.remove', { kind: 'room', id: roomId }, { userId }),
      });
    });
  }

  private async leaving(tx: TenantTx, access: RoomAccess, me: Member, transferTo: UserId | 'auto' | undefined): Promise<RoomChange[]> {
    const { room } = access;
    if (room.kind === 'direct') throw new DomainError('forbidden', { detail: 'a direct room is archived, not left' });
    const left: RoomChange = { type: 'member.left', userNo: me.user.no };
    if (room.memberCount <= 1 && room.kind === 'group') return [{ type: 'room.dissolved' }];
    if (me.role !== 'owner' || (await tx.members.countOwners(room.no)) > 1 || room.memberCount <= 1) return [left];
    if (transferTo === undefined) throw new DomainError('conflict', { detail: 'the owner hands the room over first (transferTo)' });
    const heir = transferTo === 'auto' ? await tx.members.heir(room.no, me.user.no) : await this.memberOf(tx, access, transferTo);
    if (heir?.status !== 'member' || heir.user.no === me.user.no) throw new DomainError('conflict', { detail: 'the heir is not a member' });
    return [{ type: 'member.updated', userNo: heir.user.no, patch: { role: 'owner' } }, left];
  }

  private removing(actor: Actor, access: RoomAccess, target: Member): RoomChange[] {
    if (access.room.kind === 'direct') throw new DomainError('forbidden');
    const me = requireCapability(actor, access, 'member.remove');
    if (me && !outranks(me.role, target.role)) throw new DomainError('forbidden');
    return [{ type: 'member.removed', userNo: target.user.no }];
  }

  /** Role, name in the room, mute: each an event of its own, all in one commit. */
  async update(actor: Actor, roomId: RoomId, userId: UserId, patch: MemberPatch): Promise<Member> {
    await decideAndCommit(async () => {
      const { access, changes } = await this.store.tenant(actor.tenantId, async (tx) => {
        const access = await readableRoom(tx, actor, roomId, this.clock.now());
        const target = await this.memberOf(tx, access, userId);
        if (target?.status !== 'member') throw notFound();
        return { access, changes: this.updating(actor, access, target, patch) };
      });
      if (changes.length === 0) return;
      await this.commit({
        room: { tenantId: actor.tenantId, roomNo: access.room.no, roomId },
        roomVersion: access.room.version,
        by: actorRef(actor),
        changes,
        audit: auditUnlessUser(actor, 'member.update', { kind: 'room', id: roomId }, { userId, role: patch.role ?? null }),
      });
    });
    return this.get(actor, roomId, userId);
  }

  private updating(actor: Actor, access: RoomAccess, target: Member, patch: MemberPatch): RoomChange[] {
    const me = standing(actor, access);
    if (access.room.dissolvedAt) throw new DomainError('conflict', { detail: 'the room is dissolved' });
    const userNo = target.user.no;
    const changes: RoomChange[] = [];
    if (patch.role !== undefined && patch.role !== target.role) {
      requireCapability(actor, access, 'member.set-role');
      if (me && me.user.no === userNo)
        throw new DomainError('forbidden', { detail: 'nobody sets an own role: hand over by making another one owner' });
      changes.push({ type: 'member.updated', userNo, patch: { role: patch.role } });
      // One owner: handing over makes the giver an admin.
      if (patch.role === 'owner' && me) changes.push({ type: 'member.updated', userNo: me.user.no, patch: { role: 'admin' } });
      if (patch.role !== 'member' && target.mutedUntil) changes.push({ type: 'member.unmuted', userNo });
    }
    if (patch.name !== undefined && patch.name !== (target.name ?? null)) {
      if (me && me.user.no !== userNo) {
        requireCapability(actor, access, 'member.mute');
        if (!outranks(me.role, target.role)) throw new DomainError('forbidden');
      }
      changes.push({ type: 'member.updated', userNo, patch: { name: patch.name } });
    }
    if (patch.muteSeconds !== undefined) changes.push(...this.muting(actor, access, target, patch.muteSeconds, patch.reason));
    return changes;
  }

  private muting(actor: Actor, access: RoomAccess, target: Member, seconds: number | null, reason: string | undefined): RoomChange[] {
    const me = requireCapability(actor, access, 'member.mute');
    if (target.role === 'owner' || (me && !outranks(me.role, target.role))) throw new DomainError('forbidden');
    if (seconds === null) return target.mutedUntil ? [{ type: 'member.unmuted', userNo: target.user.no }] : [];
    const until = seconds === 0 ? FOREVER : new Date(this.clock.now().getTime() + seconds * 1_000);
    return [{ type: 'member.muted', userNo: target.user.no, until, reason }];
  }

  private async memberOf(tx: TenantTx, access: RoomAccess, userId: UserId): Promise<Member | undefined> {
    const user = await tx.users.byId(userId);
    return user && tx.members.get(access.room.no, user.no);
  }

  private async commit(entry: ChangeEntry): Promise<void> {
    this.relay.publish(await this.log.change(entry));
  }
}

export function requireUser(actor: Actor) {
  if (actor.kind !== 'user') throw new DomainError('forbidden', { detail: 'this is done as a user: send Parley-User with the API key' });
  return actor.user;
}
