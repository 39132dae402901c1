import { userKeyOf, type UserKey } from '../ids.js';
import { presenceChannel, type Bus } from '../ports/bus.js';
import type { Connection } from '../ports/fanout.js';
import type { Presence, PresenceSubject } from './presence.js';

/** A user somebody here watches. */
export interface Watched {
  readonly key: UserKey;
  readonly subject: PresenceSubject;
  readonly by: Set<Connection>;
  /** What they were told last. */
  told?: Presence;
}

/** Which connections of this process watch whom. Hints of other nodes are asked for as long as somebody does. */
export class Watchers {
  private readonly users = new Map<string, Watched>();
  private readonly connections = new Map<Connection, Set<string>>();

  constructor(private readonly bus: Pick<Bus, 'follow' | 'unfollow'>) {}

  /** How many a connection would watch with these. */
  countWith(connection: Connection, users: readonly UserKey[]): number {
    return new Set([...(this.connections.get(connection) ?? []), ...users.map(userKeyOf)]).size;
  }

  add(connection: Connection, key: UserKey, subject: PresenceSubject): Watched {
    const name = userKeyOf(key);
    const known = this.users.get(name);
    const watched = known ?? { key, subject, by: new Set() };
    if (!known) {
      this.users.set(name, watched);
      this.bus.follow(presenceChannel(key));
    }
    watched.by.add(connection);
    const own = this.connections.get(connection);
    if (own) own.add(name);
    else this.connections.set(connection, new Set([name]));
    return watched;
  }

  remove(connection: Connection, key: UserKey): void {
    this.drop(connection, userKeyOf(key));
    if (this.connections.get(connection)?.size === 0) this.connections.delete(connection);
  }

  /** The connection is gone. */
  removeAll(connection: Connection): void {
    for (const name of this.connections.get(connection) ?? []) this.drop(connection, name);
    this.connections.delete(connection);
  }

  private drop(connection: Connection, name: string): void {
    this.connections.get(connection)?.delete(name);
    const watched = this.users.get(name);
    if (!watched?.by.delete(connection) || watched.by.size > 0) return;
    this.users.delete(name);
    this.bus.unfollow(presenceChannel(watched.key));
  }

  of(key: UserKey): Watched | undefined {
    return this.users.get(userKeyOf(key));
  }

  /** Whom the connection watches. */
  watchedBy(connection: Connection): readonly Watched[] {
    return [...(this.connections.get(connection) ?? [])].flatMap((name) => this.users.get(name) ?? []);
  }

  all(): readonly Watched[] {
    return [...this.users.values()];
  }
}
