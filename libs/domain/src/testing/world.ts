import type { KeyActor, OperatorActor, OperatorRole, PlatformActor, UserActor } from '../actor.js';
import type { RoomEvent } from '../events.js';
import type { RoomId, RoomKey, TenantId, UserId, UserKey } from '../ids.js';
import type { Message } from '../messages/message.js';
import { DEFAULT_TENANT_SETTINGS, type TenantSettings } from '../tenants/tenant.js';
import type { RoomSettings } from '../rooms/room.js';
import { personOf, type User } from '../users/user.js';
import { aKeyActor, anOperatorActor, aPlatformActor, aUserActor } from './builders.js';
import { Hand } from './hand.js';
import { memoryPorts, type MemoryPorts } from './memory/ports.js';
import type { SeenEvent } from './memory/recording-fanout.js';
import { servicesOver, type Services } from './services.js';

export const ACME = 'acme';
const EVENTS_MAX = 10_000;

/** The whole chat in memory: every service over the memory ports, and short words for who does what. */
export class World {
  readonly services: Services;

  constructor(readonly ports: MemoryPorts = memoryPorts()) {
    this.services = servicesOver(ports);
  }

  get clock() {
    return this.ports.clock;
  }

  get fanout() {
    return this.ports.fanout;
  }

  async addTenant(id: TenantId, settings: Partial<TenantSettings> = {}): Promise<void> {
    await this.ports.store.platform((tx) => tx.tenants.insert({ id, name: id, settings: { ...DEFAULT_TENANT_SETTINGS, ...settings } }));
  }

  async addUsers(ids: readonly UserId[], tenantId = ACME): Promise<void> {
    await this.ports.store.tenant(tenantId, (tx) => tx.users.ensure(ids.map((id) => ({ id, name: nameOf(id) }))));
  }

  /** A user's hand; the user exists. */
  as(userId: UserId, device?: string, tenantId = ACME): Hand<UserActor> {
    return new Hand(aUserActor(tenantId, personOf(this.user(userId, tenantId)), { device }), this.services);
  }

  /** The tenant's own server, by an API key of all scopes. */
  server(tenantId = ACME): Hand<KeyActor> {
    return new Hand(aKeyActor(tenantId), this.services);
  }

  /** An operator looking at a tenant. */
  operator(role: OperatorRole = 'owner', tenantId = ACME): Hand<OperatorActor> {
    return new Hand(anOperatorActor(tenantId, role), this.services);
  }

  platform(role: OperatorRole | undefined = 'owner', more: Partial<PlatformActor> = {}): PlatformActor {
    return aPlatformActor(role, more);
  }

  /** The user's row as it is now. */
  user(userId: UserId, tenantId = ACME): User {
    const space = this.ports.db.space(tenantId);
    const no = space.userNos.get(userId);
    const user = no === undefined ? undefined : space.users.get(no);
    if (!user) throw new Error(`no user ${userId} in ${tenantId}: name it in withUsers or withGroup`);
    return user;
  }

  userKey(userId: UserId, tenantId = ACME): UserKey {
    return { tenantId, userNo: this.user(userId, tenantId).no };
  }

  roomKey(roomId: RoomId, tenantId = ACME): RoomKey {
    const roomNo = this.ports.db.space(tenantId).roomNos.get(roomId);
    if (roomNo === undefined) throw new Error(`no room ${roomId} in ${tenantId}`);
    return { tenantId, roomNo };
  }

  /** All messages of a room as they are today. */
  async history(roomId: RoomId, tenantId = ACME): Promise<readonly Message[]> {
    return (await this.ports.roomLog.messages(this.roomKey(roomId, tenantId), { limit: EVENTS_MAX })).items;
  }

  /** The room's log from its beginning. */
  async events(roomId: RoomId, tenantId = ACME): Promise<readonly RoomEvent[]> {
    return (await this.ports.roomLog.after(this.roomKey(roomId, tenantId), 0, EVENTS_MAX)).events;
  }

  /** What the user's connections have seen, in order. */
  seenBy(userId: UserId, tenantId = ACME): readonly SeenEvent[] {
    return this.fanout.seenBy(this.userKey(userId, tenantId));
  }

  /** The user's devices connect again and join all its rooms. */
  async reconnect(userId: UserId, tenantId = ACME): Promise<void> {
    const key = this.userKey(userId, tenantId);
    this.fanout.connect(key, []);
    await this.services.listen.toAll(this.as(userId, undefined, tenantId).actor, (room) => this.fanout.connect(key, [room]));
  }
}

const nameOf = (id: UserId): string => id.charAt(0).toUpperCase() + id.slice(1);

/** Steps towards a world; awaiting it takes them. */
export class WorldBuilder implements PromiseLike<World> {
  private settings: Partial<TenantSettings> = {};
  private readonly steps: ((world: World) => Promise<unknown>)[] = [];

  constructor(private readonly ports?: MemoryPorts) {}

  /** Settings of the tenant `acme`. */
  withSettings(settings: Partial<TenantSettings>): this {
    this.settings = { ...this.settings, ...settings };
    return this;
  }

  withTenant(id: TenantId, settings: Partial<TenantSettings> = {}): this {
    return this.step((world) => world.addTenant(id, settings));
  }

  withUsers(ids: readonly UserId[], tenantId = ACME): this {
    return this.step((world) => world.addUsers(ids, tenantId));
  }

  /** A group of these users; the first owns it. */
  withGroup(roomId: RoomId, members: readonly [UserId, ...UserId[]], settings: Partial<RoomSettings> = {}, tenantId = ACME): this {
    return this.step(async (world) => {
      await world.addUsers(members, tenantId);
      await world.as(members[0], undefined, tenantId).create(roomId, members.slice(1), settings);
    });
  }

  /** An open channel, made by the tenant's server; the first of these users owns it. */
  withChannel(roomId: RoomId, members: readonly UserId[] = [], settings: Partial<RoomSettings> = {}): this {
    return this.step(async (world) => {
      await world.addUsers(members);
      await world.services.rooms.create(world.server().actor, { id: roomId, kind: 'channel', name: roomId, members, settings });
    });
  }

  then<R = World, E = never>(
    done?: ((world: World) => R | PromiseLike<R>) | null,
    failed?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): PromiseLike<R | E> {
    return this.build().then(done, failed);
  }

  private step(step: (world: World) => Promise<unknown>): this {
    this.steps.push(step);
    return this;
  }

  private async build(): Promise<World> {
    const world = new World(this.ports);
    await world.addTenant(ACME, this.settings);
    for (const step of this.steps) await step(world);
    return world;
  }
}

/** `await aWorld().withGroup('crew', ['ann', 'bo'])`: tenant `acme` and what is asked for. */
export const aWorld = (ports?: MemoryPorts): WorldBuilder => new WorldBuilder(ports);
