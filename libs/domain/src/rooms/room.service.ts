import { actorRef, type Actor, type Person } from '../actor.js';
import { auditUnlessUser } from '../audit/audit.js';
import { DomainError, invalidField, notFound } from '../errors.js';
import { earlierAnswer, rememberFor } from '../idempotency/idempotency.js';
import type { RoomId, UserId } from '../ids.js';
import { canonicalJson, type JsonObject } from '../json.js';
import { limitsOf, type Tenant } from '../tenants/tenant.js';
import type { Page, PageRequest } from '../page.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { RoomChange, RoomLog, Tell } from '../ports/room-log.js';
import type { RoomAccess, RoomFilter, Store, TenantTx } from '../ports/store.js';
import type { RelayService } from '../relay/relay.service.js';
import type { User } from '../users/user.js';
import { readableRoom, requireCapability, standing } from './access.js';
import { decideAndCommit } from './retry.js';
import { defaultRoomSettings, pairOf, type Room, type RoomKind, type RoomProfile, type RoomSettings, type RoomView } from './room.js';

export interface RoomRequest {
  readonly id?: RoomId;
  readonly kind: Exclude<RoomKind, 'direct'>;
  readonly name?: string;
  readonly image?: string;
  readonly members?: readonly UserId[];
  readonly metadata?: JsonObject;
  readonly settings?: Partial<RoomSettings>;
}

const CREATE = 'room.create';

/** Rooms as such: opening, naming, settling, dissolving, listing. Who is inside is `MemberService`'s. */
export class RoomService {
  constructor(
    private readonly store: Store,
    private readonly log: RoomLog,
    private readonly relay: RelayService,
    private readonly random: Random,
    private readonly clock: Clock,
  ) {}

  /** The same id and body again is the same room (`isNew` false); another body under the id is a conflict. */
  async create(actor: Actor, request: RoomRequest): Promise<{ view: RoomView; isNew: boolean }> {
    const roomId = request.id ?? this.random.uuid();
    const opened = await decideAndCommit(async () => {
      const decided = await this.store.tenant(actor.tenantId, (tx) => this.decideCreation(tx, actor, roomId, request));
      if (decided.existing !== undefined) return { id: decided.existing, isNew: false };
      const no = await this.log.nextRoomNo();
      const appended = await this.log.change({
        room: { tenantId: actor.tenantId, roomNo: no, roomId },
        by: actorRef(actor),
        changes: [{ type: 'room.created', room: { ...decided.room, no } }, ...decided.joins],
        tells: decided.joins.map((join): Tell => ({ userNo: join.userNo, type: 'room.entered' })),
        audit: auditUnlessUser(actor, CREATE, { kind: 'room', id: roomId }, { kind: request.kind }),
        remember: rememberFor(actor, CREATE, request, { roomId }),
      });
      this.relay.publish(appended);
      return { id: roomId, isNew: true };
    });
    return { view: await this.get(actor, opened.id), isNew: opened.isNew };
  }

  private async decideCreation(tx: TenantTx, actor: Actor, roomId: RoomId, request: RoomRequest) {
    const earlier = await earlierAnswer(tx, actor, CREATE, request);
    if (earlier) return { existing: (earlier as { roomId: RoomId }).roomId } as const;
    const tenant = await tenantOf(tx);
    if (actor.kind === 'user' && !(request.kind === 'group' ? tenant.settings.usersCreateGroups : tenant.settings.usersCreateChannels)) {
      throw new DomainError('forbidden', { detail: `users may not create a ${request.kind} here` });
    }
    const draft = canonicalJson({ ...request, by: actor.kind === 'user' ? actor.user.id : undefined });
    const existing = await tx.rooms.byId(roomId);
    if (existing) {
      if (!(await tx.rooms.isSameDraft(existing.no, draft))) throw new DomainError('conflict', { detail: 'a room with this id exists' });
      return { existing: roomId } as const;
    }
    const limits = limitsOf(tenant);
    const settings = { ...defaultRoomSettings(request.kind, tenant.settings, limits.groupMembers), ...request.settings };
    const named = await usersNamed(tx, actor, tenant, request.members ?? [], '/members');
    const users = actor.kind === 'user' ? [actor.user, ...named.filter(({ no }) => no !== actor.user.no)] : named;
    if (settings.maxMembers !== undefined && users.length > settings.maxMembers) throw new DomainError('room-full');
    return {
      existing: undefined,
      room: {
        id: roomId,
        kind: request.kind,
        name: request.name,
        image: request.image,
        metadata: request.metadata ?? {},
        settings,
        draft,
      },
      joins: users.map((user, index) => ({
        type: 'member.joined' as const,
        userNo: user.no,
        role: index === 0 ? ('owner' as const) : ('member' as const),
      })),
    };
  }

  /** The one direct room of a pair, opened at first sight. The peer lists it at its first message. */
  async direct(actor: Actor, peerId: UserId): Promise<RoomView> {
    if (actor.kind !== 'user') throw new DomainError('forbidden', { detail: 'a direct room is opened by a user: send Parley-User' });
    if (peerId === actor.user.id) throw invalidField('/userId', 'a direct room needs two users');
    const roomId = await decideAndCommit(async () => {
      const { room, peer } = await this.store.tenant(actor.tenantId, async (tx) => {
        const peer = await this.directPeer(tx, actor, peerId);
        return { room: await tx.rooms.byPair(pairOf(actor.user.no, peer.no)), peer };
      });
      return room ? room.id : this.openDirect(actor.user, peer, actor);
    });
    return this.get(actor, roomId);
  }

  private async directPeer(tx: TenantTx, actor: Actor, peerId: UserId): Promise<User> {
    const peer = (await lookUpUsers(tx, actor, await tenantOf(tx), [peerId], '/userId')).get(peerId);
    if (!peer) throw notFound();
    return peer;
  }

  private async openDirect(me: Person, peer: User, actor: Actor): Promise<RoomId> {
    const roomId = this.random.uuid();
    const no = await this.log.nextRoomNo();
    const settings = await this.store.tenant(actor.tenantId, async (tx) => defaultRoomSettings('direct', (await tenantOf(tx)).settings, 2));
    const changes: RoomChange[] = [
      { type: 'room.created', room: { no, id: roomId, kind: 'direct', metadata: {}, settings, pair: pairOf(me.no, peer.no) } },
      { type: 'member.joined', userNo: me.no, role: 'member' },
      { type: 'member.joined', userNo: peer.no, role: 'member', isHidden: true },
    ];
    this.relay.publish(
      await this.log.change({
        room: { tenantId: actor.tenantId, roomNo: no, roomId },
        by: actorRef(actor),
        changes,
        tells: [{ userNo: me.no, type: 'room.entered' }],
      }),
    );
    return roomId;
  }

  /** Users by membership (or an open channel), keys and operators any room of the tenant. */
  async get(actor: Actor, roomId: RoomId): Promise<RoomView> {
    return this.store.tenant(actor.tenantId, async (tx) => {
      await readableRoom(tx, actor, roomId, this.clock.now());
      const view = await tx.rooms.view(roomId, actor.kind === 'user' ? actor.user.no : undefined);
      if (!view) throw notFound();
      return view;
    });
  }

  /** The right to read it, and the room, as of one moment. */
  readable(actor: Actor, roomId: RoomId): Promise<RoomAccess> {
    return this.store.tenant(actor.tenantId, (tx) => readableRoom(tx, actor, roomId, this.clock.now()));
  }

  /** Own rooms, newest activity first; keys and operators list all of the tenant, or those of `memberId`. */
  async list(actor: Actor, filter: Omit<RoomFilter, 'memberNo'> & { memberId?: UserId }, page: PageRequest): Promise<Page<RoomView>> {
    const { memberId, ...rest } = filter;
    if (actor.kind === 'user') {
      return this.store.tenant(actor.tenantId, async (tx) => {
        const other = memberId === undefined ? undefined : await tx.users.byId(memberId);
        if (memberId !== undefined && !other) return { items: [] };
        return tx.rooms.listOf(actor.user.no, { ...rest, memberNo: other?.no }, page);
      });
    }
    return this.store.tenant(actor.tenantId, async (tx) => {
      const member = memberId === undefined ? undefined : await tx.users.byId(memberId);
      if (memberId !== undefined && !member) return { items: [] };
      return tx.rooms.list({ ...rest, memberNo: member?.no }, page);
    });
  }

  async update(actor: Actor, roomId: RoomId, patch: RoomProfile): Promise<RoomView> {
    await this.changeRoom(actor, roomId, 'room.update', (room, access) => {
      if (room.kind === 'direct') throw new DomainError('forbidden', { detail: 'a direct room has no profile' });
      requireCapability(actor, access, patch.settings ? 'room.update-settings' : 'room.update');
      if (room.kind === 'group' && patch.settings?.publicRead)
        throw invalidField('/settings/publicRead', 'only a channel can be read by everyone');
      return { type: 'room.updated', patch };
    });
    return this.get(actor, roomId);
  }

  /** Ends the room: everybody leaves, nothing can be said any more, the log stays for operators. */
  async dissolve(actor: Actor, roomId: RoomId): Promise<void> {
    await this.changeRoom(actor, roomId, 'room.dissolve', (room, access) => {
      if (room.kind === 'direct' && actor.kind === 'user')
        throw new DomainError('forbidden', { detail: 'a direct room is left, not dissolved' });
      requireCapability(actor, access, 'room.dissolve');
      return { type: 'room.dissolved' };
    });
  }

  private async changeRoom(
    actor: Actor,
    roomId: RoomId,
    action: string,
    decide: (room: Room, access: Awaited<ReturnType<typeof readableRoom>>) => RoomChange,
  ): Promise<void> {
    await decideAndCommit(async () => {
      const { room, change } = await this.store.tenant(actor.tenantId, async (tx) => {
        const access = await readableRoom(tx, actor, roomId, this.clock.now());
        standing(actor, access);
        return { room: access.room, change: decide(access.room, access) };
      });
      this.relay.publish(
        await this.log.change({
          room: { tenantId: actor.tenantId, roomNo: room.no, roomId },
          roomVersion: room.version,
          by: actorRef(actor),
          changes: [change],
          audit: auditUnlessUser(actor, action, { kind: 'room', id: roomId }),
        }),
      );
    });
  }
}

export async function tenantOf(tx: TenantTx): Promise<Tenant> {
  const tenant = await tx.tenant.get();
  if (!tenant) throw notFound();
  return tenant;
}

/** Users by the app's ids. Keys may name users not seen before, where the tenant allows first sight. Deactivated ones count as unknown. */
export async function lookUpUsers(
  tx: TenantTx,
  actor: Actor,
  tenant: Tenant,
  ids: readonly UserId[],
  pointer: string,
): Promise<ReadonlyMap<UserId, User>> {
  const limits = limitsOf(tenant);
  const most = actor.kind === 'user' ? limits.membersPerCall : limits.membersPerKeyCall;
  if (ids.length > most) throw invalidField(pointer, `at most ${most} users in one call`, 'too-many');
  const mayCreate = actor.kind === 'key' && tenant.settings.firstSight;
  const users = mayCreate ? await tx.users.ensure(ids.map((id) => ({ id, name: id }))) : await tx.users.byIds(ids);
  return new Map(users.filter((user) => !user.deactivatedAt).map((user) => [user.id, user]));
}

/** All of them once, in the order named, or `not-found`. */
export async function usersNamed(
  tx: TenantTx,
  actor: Actor,
  tenant: Tenant,
  ids: readonly UserId[],
  pointer: string,
): Promise<readonly User[]> {
  const unique = [...new Set(ids)];
  const byId = await lookUpUsers(tx, actor, tenant, unique, pointer);
  const unknown = ids.findIndex((id) => !byId.has(id));
  if (unknown >= 0)
    throw new DomainError('not-found', { errors: [{ pointer: `${pointer}/${unknown}`, code: 'not-found', detail: 'no such user' }] });
  return unique.flatMap((id) => byId.get(id) ?? []);
}
