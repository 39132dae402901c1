import type { Actor } from '../actor.js';
import { chunksOf } from '../chunks.js';
import { DomainError } from '../errors.js';
import { userKeyOf, type TenantId, type UserId, type UserKey } from '../ids.js';
import { requireUser } from '../members/member.service.js';
import { presenceChannel, type Bus } from '../ports/bus.js';
import type { Clock } from '../ports/clock.js';
import type { Connection, Connections, Fanout } from '../ports/fanout.js';
import type { PresenceHere, PresenceSeen, PresenceStore } from '../ports/presence-store.js';
import type { Store, TenantTx } from '../ports/store.js';
import type { User } from '../users/user.js';
import {
  GONE_AFTER_MS,
  hiddenPresence,
  IDLE_AFTER_MS,
  looksAlike,
  presenceOf,
  wantsToBeSeen,
  WATCHED_MAX,
  type Presence,
  type PresenceSubject,
  type PresenceWish,
} from './presence.js';
import { Watchers, type Watched } from './watchers.js';

/** Users in one statement. */
const TOGETHER = 1_000;
/** How stale the time may be at which one was seen last, if the node it was connected to dies. */
const SEEN_EVERY_MS = 600_000;
/** Every watched user is read whole once in so many polls, so that a lost hint and a lost right are found. */
const POLLS_PER_ROUND = 6;

export interface PresenceAnswer {
  readonly presences: readonly Presence[];
  /** Asked for, and not for the asker's eyes: strangers and ids nobody has look alike. */
  readonly denied: readonly UserId[];
}

interface Look {
  readonly shown: Presence;
  /** Seems gone, while others could not be asked: who was there stays there. */
  readonly isDoubtful: boolean;
}

interface Here extends PresenceHere {
  /** When it was noted that the user was seen. */
  readonly seenAt: number;
}

/**
 * Who is there, as others may see it (P41). Each node tells the store of its own users; who watches somebody is told when
 * it looks different. A message between nodes is a hint only: what is told was read from the store and checked against
 * who may see it.
 */
export class PresenceService {
  /** What this node last told the store. */
  private readonly here = new Map<string, Here>();
  /** Users whose connections changed, since when. */
  private readonly dirty = new Map<string, { readonly user: UserKey; readonly since: number }>();
  /** Users of whom it is to be written when they were seen. */
  private readonly seen = new Map<string, { readonly user: UserKey; readonly at: Date }>();
  private readonly watchers: Watchers;
  /** Watched users that may look different. */
  private readonly suspects = new Set<string>();
  private polls = 0;
  private readonly turns = new WeakMap<Connection, Promise<unknown>>();

  constructor(
    private readonly store: Store,
    private readonly presence: PresenceStore,
    private readonly connections: Pick<Connections, 'of'>,
    private readonly fanout: Fanout,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {
    this.watchers = new Watchers(bus);
    bus.receive((message) => {
      if (message.kind === 'presence') this.suspect(message.user);
    });
  }

  /** Of up to 100 users. A server and an operator see everyone. */
  async get(actor: Actor, userIds: readonly UserId[]): Promise<PresenceAnswer> {
    const users = await this.visible(actor, userIds);
    const looks = await this.read(actor.tenantId, users);
    return { presences: looks.map(({ shown }) => shown), denied: missing(userIds, users) };
  }

  /** What the user wants others to see, on all its devices, until it says otherwise. */
  async set(actor: Actor, wish: PresenceWish): Promise<Presence> {
    const { no, id } = requireUser(actor);
    const key = { tenantId: actor.tenantId, userNo: no };
    const record = await this.store.tenant(actor.tenantId, (tx) => tx.presences.wish(no, wish));
    this.hint(key);
    const [sum] = await this.presence.of([key]);
    return { ...presenceOf({ no, id }, sum ?? NOBODY, record, this.clock.now()), wish };
  }

  /** From now on the connection is told when these users look different; answers how they look now. */
  watch(actor: Actor, connection: Connection, userIds: readonly UserId[]): Promise<PresenceAnswer> {
    return this.inTurn(connection, async () => {
      const users = await this.visible(actor, userIds);
      const keys = users.map(({ no }) => ({ tenantId: actor.tenantId, userNo: no }));
      if (this.watchers.countWith(connection, keys) > WATCHED_MAX)
        throw new DomainError('quota-exceeded', { detail: `a connection watches at most ${WATCHED_MAX} users` });
      // Nothing would take away again what is added for one that is gone.
      const isHere = this.connections.of(connection.user).has(connection);
      const watched = users.map(({ no, id }) =>
        isHere ? this.watchers.add(connection, { tenantId: actor.tenantId, userNo: no }, { no, id }) : undefined,
      );
      const looks = await this.read(actor.tenantId, users);
      for (const [index, { shown }] of looks.entries()) {
        const one = watched[index];
        if (one?.told && !looksAlike(one.told, shown)) this.suspect(one.key);
        else if (one) one.told ??= shown;
      }
      return { presences: looks.map(({ shown }) => shown), denied: missing(userIds, users) };
    });
  }

  unwatch(connection: Connection, userIds: readonly UserId[]): Promise<void> {
    return this.inTurn(connection, async () => {
      const ids = new Set(userIds);
      for (const { key, subject } of this.watchers.watchedBy(connection)) if (ids.has(subject.id)) this.watchers.remove(connection, key);
    });
  }

  /** What a connection asks for takes effect in the order it asked. */
  private async inTurn<T>(connection: Connection, run: () => Promise<T>): Promise<T> {
    const turn = (this.turns.get(connection) ?? Promise.resolve()).then(run);
    this.turns.set(
      connection,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** A connection of the user came, went, or its app changed between front and back. */
  note(user: UserKey): void {
    const key = userKeyOf(user);
    if (!this.dirty.has(key)) this.dirty.set(key, { user, since: this.clock.now().getTime() });
  }

  /** The connection is gone. */
  forget(connection: Connection): void {
    this.watchers.removeAll(connection);
    this.note(connection.user);
  }

  /** Tells the store what changed here, and watchers what looks different. Once a second. */
  async flush(): Promise<void> {
    await this.tellStore();
    const suspects = this.watchers.all().filter(({ key }) => this.suspects.has(userKeyOf(key)));
    this.suspects.clear();
    try {
      await this.tellWatchers(suspects);
    } finally {
      await this.noteSeen();
    }
  }

  /**
   * This node stops. Its users are on their way to others; who does not arrive is missed there when the store has
   * forgotten this node.
   */
  async leave(): Promise<void> {
    const at = this.clock.now();
    for (const [key, { user }] of this.here) this.seen.set(key, { user, at });
    await this.noteSeen();
  }

  /** Finds who has fallen idle or woke up here. Every half minute. */
  scan(): void {
    const now = this.clock.now().getTime();
    for (const { user, isActive, connections, seenAt } of this.here.values()) {
      const is = this.isHere(user);
      if (is.isActive !== isActive || is.connections !== connections || now - seenAt >= SEEN_EVERY_MS) this.note(user);
    }
  }

  /** Finds what no hint came of: nodes that died, messages and rights that were lost. Every ten seconds. */
  async poll(): Promise<void> {
    const all = this.watchers.all();
    this.polls += 1;
    for (const [index, { key }] of all.entries()) if (index % POLLS_PER_ROUND === this.polls % POLLS_PER_ROUND) this.suspect(key);
    for (const some of chunksOf(TOGETHER, all)) {
      const sums = await this.presence.of(some.map(({ key }) => key));
      for (const [index, { key, told }] of some.entries()) {
        const sum = sums[index];
        if (!told || (sum?.isWhole && sum.connections > 0 !== told.connections > 0)) this.suspect(key);
      }
    }
  }

  private suspect(user: UserKey): void {
    if (this.watchers.of(user)) this.suspects.add(userKeyOf(user));
  }

  private hint(user: UserKey): void {
    this.suspect(user);
    this.bus.send(presenceChannel(user), { kind: 'presence', user });
  }

  private isHere(user: UserKey): Pick<PresenceHere, 'connections' | 'isActive'> {
    const connections = [...this.connections.of(user)];
    return { connections: connections.length, isActive: connections.some(({ idleMs }) => idleMs < IDLE_AFTER_MS) };
  }

  private async tellStore(): Promise<void> {
    const at = this.clock.now();
    const changed: Here[] = [];
    for (const [key, { user, since }] of this.dirty) {
      const is = this.isHere(user);
      const known = this.here.get(key);
      if (known && is.connections === 0 && at.getTime() - since < GONE_AFTER_MS) continue;
      this.dirty.delete(key);
      const isSame = (known?.connections ?? 0) === is.connections && (known?.isActive ?? false) === is.isActive;
      const isSeen = is.connections === 0 ? known !== undefined : at.getTime() - (known?.seenAt ?? 0) >= SEEN_EVERY_MS;
      if (isSeen) this.seen.set(key, { user, at });
      const next = { user, ...is, at: isSame && known ? known.at : at, seenAt: isSeen ? at.getTime() : (known?.seenAt ?? 0) };
      if (is.connections > 0) this.here.set(key, next);
      else this.here.delete(key);
      if (!isSame) changed.push(next);
    }
    await this.presence.put(changed);
    for (const { user } of changed) this.hint(user);
  }

  /** What could not be written is written next time. */
  private async noteSeen(): Promise<void> {
    const seen = [...this.seen.values()];
    await eachTenant(
      seen,
      ({ user }) => user,
      async (tenantId, chunk) => {
        await this.store.tenant(tenantId, (tx) => tx.presences.seen(chunk.map(({ user, at }) => ({ userNo: user.userNo, at }))));
        for (const { user, at } of chunk) if (this.seen.get(userKeyOf(user))?.at === at) this.seen.delete(userKeyOf(user));
      },
    );
  }

  /** What could not be told is told next time. */
  private async tellWatchers(suspects: readonly Watched[]): Promise<void> {
    await eachTenant(
      suspects,
      ({ key }) => key,
      async (tenantId, chunk) => {
        try {
          await this.tellSome(tenantId, chunk);
        } catch (error) {
          for (const { key } of chunk) this.suspect(key);
          throw error;
        }
      },
    );
  }

  private async tellSome(tenantId: TenantId, chunk: readonly Watched[]): Promise<void> {
    const subjects = chunk.map(({ subject }) => subject);
    const looks = await this.read(tenantId, subjects);
    const pairs = chunk.flatMap((watched) => [...watched.by].map((connection) => ({ watched, connection })));
    const mayNot = await this.blind(tenantId, pairs);
    for (const { watched, connection } of pairs) if (mayNot.has(pairOf(watched, connection))) this.hide(watched, connection);
    for (const [index, watched] of chunk.entries()) this.tell(watched, looks[index]);
  }

  /** Of these pairs, those in which the viewer may not see the user; several devices of a viewer are asked for once. */
  private async blind(
    tenantId: TenantId,
    pairs: readonly { readonly watched: Watched; readonly connection: Connection }[],
  ): Promise<ReadonlySet<string>> {
    const asked = new Map(
      pairs.map(({ watched, connection }) => [
        pairOf(watched, connection),
        { viewerNo: connection.user.userNo, userNo: watched.subject.no },
      ]),
    );
    const blind = new Set<string>();
    for (const some of chunksOf(TOGETHER, [...asked])) {
      const areVisible = await this.store.tenant(tenantId, (tx) => tx.presences.areVisible(some.map(([, pair]) => pair)));
      for (const [index, [name]] of some.entries()) if (!areVisible[index]) blind.add(name);
    }
    return blind;
  }

  private hide(watched: Watched, connection: Connection): void {
    this.watchers.remove(connection, watched.key);
    const { told } = watched;
    if (told) this.send(watched, hiddenPresence(told), [connection]);
  }

  private tell(watched: Watched, look: Look | undefined): void {
    const { told } = watched;
    if (!look || (told && (look.isDoubtful || looksAlike(told, look.shown)))) return;
    // Of two nodes' clocks, and of a store that was emptied, an older time may come.
    const shown = told && told.version >= look.shown.version ? { ...look.shown, version: told.version + 1 } : look.shown;
    watched.told = shown;
    this.send(watched, shown, watched.by);
  }

  private send({ key }: Watched, presence: Presence, to: Iterable<Connection>): void {
    this.fanout.toWatchers({ type: 'presence.changed', tenantId: key.tenantId, presence, at: this.clock.now() }, to);
  }

  /** In order. */
  private async read(tenantId: TenantId, users: readonly PresenceSubject[]): Promise<readonly Look[]> {
    if (users.length === 0) return [];
    const sums = await this.presence.of(users.map(({ no }) => ({ tenantId, userNo: no })));
    const records = await this.store.tenant(tenantId, (tx) => tx.presences.of(users.map(({ no }) => no)));
    const now = this.clock.now();
    return users.map((user, index) => {
      const sum = sums[index] ?? NOBODY;
      const record = records[index] ?? { wish: 'online' };
      const isDoubtful = !sum.isWhole && sum.connections === 0 && wantsToBeSeen(record.wish);
      return { shown: presenceOf(user, sum, record, now), isDoubtful };
    });
  }

  /** Those of the users that the actor may see. */
  private visible(actor: Actor, userIds: readonly UserId[]): Promise<readonly User[]> {
    return this.store.tenant(actor.tenantId, async (tx) => {
      const users = await tx.users.byIds(userIds);
      return actor.kind === 'user' ? visibleTo(tx, actor.user.no, users) : users;
    });
  }
}

const pairOf = ({ subject }: Watched, { user }: Connection): string => `${user.userNo} ${subject.no}`;

const NOBODY: PresenceSeen = { connections: 0, isActive: false, at: new Date(0), isWhole: true };

async function visibleTo(tx: TenantTx, viewerNo: number, users: readonly User[]): Promise<readonly User[]> {
  const there = users.filter(({ deactivatedAt }) => !deactivatedAt);
  const areVisible = await tx.presences.areVisible(there.map(({ no }) => ({ viewerNo, userNo: no })));
  return there.filter((_, index) => areVisible[index]);
}

function missing(ids: readonly UserId[], users: readonly User[]): readonly UserId[] {
  const found = new Set(users.map(({ id }) => id));
  return [...new Set(ids)].filter((id) => !found.has(id));
}

/** Some at a time. What fails for one tenant keeps no other from its turn; the first failure is thrown in the end. */
async function eachTenant<T>(
  items: readonly T[],
  keyOf: (item: T) => UserKey,
  run: (tenantId: TenantId, chunk: readonly T[]) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const [tenantId, some] of Map.groupBy(items, (item) => keyOf(item).tenantId))
    for (const chunk of chunksOf(TOGETHER, some)) await run(tenantId, chunk).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
