import { PresenceStore, userKeyOf, type PresenceHere, type PresenceSeen, type UserKey } from '@parley/domain';

const NOBODY: PresenceSeen = { connections: 0, isActive: false, at: new Date(0), isWhole: true };
/** Of who is gone; a forgotten one has no version of its own left. */
const GONE_MAX = 100_000;

/** One process knows all there is to know. */
export class MemoryPresence extends PresenceStore {
  private readonly users = new Map<string, PresenceHere>();
  private readonly gone = new Map<string, PresenceHere>();

  override async put(entries: readonly PresenceHere[]): Promise<void> {
    for (const entry of entries) {
      const key = userKeyOf(entry.user);
      this.users.delete(key);
      this.gone.delete(key);
      (entry.connections > 0 ? this.users : this.gone).set(key, entry);
    }
    for (const key of this.gone.keys()) {
      if (this.gone.size <= GONE_MAX) break;
      this.gone.delete(key);
    }
  }

  override async of(users: readonly UserKey[]): Promise<readonly PresenceSeen[]> {
    return users.map((user) => {
      const known = this.users.get(userKeyOf(user)) ?? this.gone.get(userKeyOf(user));
      return known ? { connections: known.connections, isActive: known.isActive, at: known.at, isWhole: true } : NOBODY;
    });
  }

  override async keep(): Promise<void> {}
}
