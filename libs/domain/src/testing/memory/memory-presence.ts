import { userKeyOf, type UserKey } from '../../ids.js';
import { PresenceStore, sumOf, type PresenceHere, type PresenceSeen } from '../../ports/presence-store.js';

/** Nodes in one process; one that is `dead` has said nothing for too long. */
export class MemoryPresence extends PresenceStore {
  private readonly users = new Map<string, PresenceHere>();
  isDead = false;
  /** What others say does not come. */
  isCutOff = false;

  constructor(private readonly nodes: Set<MemoryPresence> = new Set()) {
    super();
    nodes.add(this);
  }

  elsewhere(): MemoryPresence {
    return new MemoryPresence(this.nodes);
  }

  override async put(entries: readonly PresenceHere[]): Promise<void> {
    for (const entry of entries) this.users.set(userKeyOf(entry.user), entry);
  }

  override async of(users: readonly UserKey[]): Promise<readonly PresenceSeen[]> {
    const nodes = [...this.nodes].filter((node) => node === this || (!node.isDead && !this.isCutOff));
    return users.map((user) => ({
      ...sumOf(nodes.flatMap((node) => node.users.get(userKeyOf(user)) ?? [])),
      isWhole: !this.isCutOff,
    }));
  }

  override async keep(): Promise<void> {}
}
