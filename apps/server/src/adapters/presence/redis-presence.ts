import { randomBytes } from 'node:crypto';
import {
  chunksOf,
  GONE_AFTER_MS,
  PresenceStore,
  sumOf,
  userKeyOf,
  type PresenceHere,
  type PresenceSeen,
  type PresenceSum,
  type UserKey,
} from '@parley/domain';
import type { RedisPlace } from '../../config/redis-url.js';
import { openRedis, type RedisClient } from '../redis/redis.js';

/** A node that has not said for so long that it lives is dead, and what it said of its users with it. */
const ALIVE_MS = 15_000;
/** How stale the knowledge of which nodes live may be. */
const LIVES_MS = 2_000;
/** What was said of a user is kept so long without being said again, and said again within half of it. */
const KEPT_SECONDS = 86_400;
const COMMAND_MS = 1_000;
/** After Redis was emptied, within so long every node has said again what it has. */
const SETTLES_MS = 6_000;
/** Commands on their way at a time. */
const TOGETHER = 1_000;
/** In each user's hash: when the last of a node's connections went. */
const LEFT = 'left';

/**
 * One hash per user with a field per node, and a key per node that ends when the node no longer says that it lives: a
 * connection costs one command when it comes and one when it goes. Without Redis each node knows its own.
 */
export class RedisPresence extends PresenceStore {
  /** Another one each time everything is said anew: others may be about to sweep what was said under the old one. */
  private node = newName();
  private readonly own = new Map<string, PresenceHere>();
  private readonly redis: RedisClient;
  private readonly lives = new Map<string, { readonly until: number; readonly isAlive: boolean }>();
  /** Something of `own` may not be in Redis. */
  private isUntold = false;
  private saidAllAt = 0;
  private wholeFrom = 0;

  constructor(
    place: RedisPlace,
    private readonly prefix: string,
  ) {
    super();
    this.redis = openRedis(place, { isPatient: false, commandTimeoutMs: COMMAND_MS });
    this.redis.on('error', () => undefined);
    this.redis.on('close', () => (this.isUntold = true));
  }

  override async put(entries: readonly PresenceHere[]): Promise<void> {
    for (const entry of entries) {
      if (entry.connections > 0) this.own.set(userKeyOf(entry.user), entry);
      else this.own.delete(userKeyOf(entry.user));
    }
    if (entries.length === 0) return;
    try {
      if (this.saidAllAt === 0) await this.keep();
      for (const some of chunksOf(TOGETHER, entries)) await Promise.all(some.map((entry) => this.tell(entry)));
    } catch {
      this.isUntold = true;
    }
  }

  private async tell({ user, connections, isActive, at }: PresenceHere): Promise<void> {
    const key = this.keyOf(user);
    const time = at.getTime();
    await Promise.all([
      connections > 0
        ? this.redis.hset(key, this.node, `${connections} ${isActive ? 1 : 0} ${time}`)
        : Promise.all([this.redis.hset(key, LEFT, `0 0 ${time}`), this.redis.hdel(key, this.node)]),
      this.redis.expire(key, KEPT_SECONDS),
    ]);
  }

  override async of(users: readonly UserKey[]): Promise<readonly PresenceSeen[]> {
    try {
      if (users.length > 0 && this.redis.status !== 'ready') throw new Error('no link');
      const seen: PresenceSeen[] = [];
      for (const some of chunksOf(TOGETHER, users)) seen.push(...(await this.read(some)));
      return seen;
    } catch {
      return users.map((user) => ({ ...sumOf(this.ownOf(user)), isWhole: false }));
    }
  }

  private async read(users: readonly UserKey[]): Promise<PresenceSeen[]> {
    const [isKnown, hashes] = await Promise.all([
      this.redis.exists(this.lifeOf(this.node)),
      Promise.all(users.map((user) => this.redis.hgetall(this.keyOf(user)))),
    ]);
    // What was emptied has forgotten us too: until every node has said again what it has, nothing says that somebody is away.
    const isWhole = (isKnown === 1 || this.saidAllAt === 0) && performance.now() >= this.wholeFrom;
    await this.learnLives(new Set(hashes.flatMap((hash) => Object.keys(hash))));
    this.forgetDead(users, hashes);
    return hashes.map((hash, index) => {
      const user = users[index];
      const others = Object.entries(hash).flatMap(([node, text]) => this.partOf(node, text));
      return { ...sumOf([...others, ...(user ? this.ownOf(user) : [])]), isWhole };
    });
  }

  /** Nobody waits for it. */
  private forgetDead(users: readonly UserKey[], hashes: readonly Record<string, string>[]): void {
    for (const [index, user] of users.entries())
      for (const [node, text] of Object.entries(hashes[index] ?? {})) {
        if (node === LEFT || node === this.node || this.lives.get(node)?.isAlive) continue;
        const left = Math.max(Number(text.split(' ')[2]) + 1, Number(hashes[index]?.[LEFT]?.split(' ')[2] ?? 0));
        this.redis.hset(this.keyOf(user), LEFT, `0 0 ${left}`).catch(() => undefined);
        this.redis.hdel(this.keyOf(user), node).catch(() => undefined);
      }
  }

  private ownOf(user: UserKey): PresenceHere[] {
    const own = this.own.get(userKeyOf(user));
    return own ? [own] : [];
  }

  /** Of this node the own memory speaks. A dead one's users went when it was last heard of, at the earliest. */
  private partOf(node: string, text: string): PresenceSum[] {
    if (node === this.node) return [];
    const [connections = 0, isActive = 0, time = 0] = text.split(' ').map(Number);
    const at = new Date(time);
    if (node === LEFT || this.lives.get(node)?.isAlive) return [{ connections, isActive: isActive === 1, at }];
    return [{ connections: 0, isActive: false, at: new Date(time + 1) }];
  }

  private async learnLives(nodes: ReadonlySet<string>): Promise<void> {
    const now = performance.now();
    const unknown = [...nodes].filter((node) => node !== LEFT && node !== this.node && (this.lives.get(node)?.until ?? 0) < now);
    const found = await Promise.all(unknown.map((node) => this.redis.exists(this.lifeOf(node))));
    for (const [index, node] of unknown.entries()) this.lives.set(node, { until: now + LIVES_MS, isAlive: found[index] === 1 });
    for (const [node, { until }] of this.lives) if (until < now - KEPT_SECONDS * 1_000) this.lives.delete(node);
  }

  override async keep(): Promise<void> {
    try {
      const isKnown = (await this.redis.set(this.lifeOf(this.node), '1', 'PX', ALIVE_MS, 'XX')) !== null;
      const isDue = performance.now() - this.saidAllAt > (KEPT_SECONDS * 1_000) / 2;
      if (isKnown && !this.isUntold && !isDue) return;
      if (!isKnown && this.saidAllAt > 0) this.wholeFrom = performance.now() + SETTLES_MS;
      await this.sayAll();
    } catch {
      this.isUntold = true;
    }
  }

  /** Under a new name: what was said under the old one ends with it, also what was never taken back. */
  private async sayAll(): Promise<void> {
    const before = this.node;
    this.node = newName();
    this.isUntold = false;
    this.saidAllAt = performance.now();
    await this.redis.set(this.lifeOf(this.node), '1', 'PX', ALIVE_MS);
    for (const some of chunksOf(TOGETHER, [...this.own.keys()]))
      await Promise.all(
        some.map((key) => {
          // As it is now: it may have changed since the list was made.
          const entry = this.own.get(key);
          return entry && this.tell(entry);
        }),
      );
    await this.redis.del(this.lifeOf(before));
  }

  private keyOf(user: UserKey): string {
    return `${this.prefix}/presence/${userKeyOf(user)}`;
  }

  private lifeOf(node: string): string {
    return `${this.prefix}/node/${node}`;
  }

  /** What this node said ends a little later: its users are on their way to another. */
  async close(): Promise<void> {
    if (this.redis.status === 'ready') await this.redis.pexpire(this.lifeOf(this.node), GONE_AFTER_MS).catch(() => undefined);
    this.redis.disconnect();
  }
}

const newName = (): string => randomBytes(9).toString('base64url');
