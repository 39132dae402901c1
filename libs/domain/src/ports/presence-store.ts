import type { UserKey } from '../ids.js';

/** A user's connections to one node, or to all. */
export interface PresenceSum {
  readonly connections: number;
  /** One of them asked for something lately. */
  readonly isActive: boolean;
  /** Of the newest change. */
  readonly at: Date;
}

export interface PresenceHere extends PresenceSum {
  readonly user: UserKey;
}

export interface PresenceSeen extends PresenceSum {
  /** False where other nodes could not be asked: it is what this one knows. */
  readonly isWhole: boolean;
}

/**
 * Who is connected, over all nodes. Nothing here is durable: what a node said of its users ends within 20 s of the node's
 * death, and a store that was emptied is filled again by the nodes within that time.
 */
export abstract class PresenceStore {
  /** What this node has of these users from now on; with 0 connections nothing. Returns when other nodes can read it, or never will. */
  abstract put(entries: readonly PresenceHere[]): Promise<void>;
  /** In order; of a user nobody knows zeros. Never throws: where others cannot be asked, what this node has. */
  abstract of(users: readonly UserKey[]): Promise<readonly PresenceSeen[]>;
  /** This node lives; said every four seconds. */
  abstract keep(): Promise<void>;
}

/** One user's connections to several nodes. */
export function sumOf(parts: readonly PresenceSum[]): PresenceSum {
  return {
    connections: parts.reduce((sum, { connections }) => sum + connections, 0),
    isActive: parts.some(({ connections, isActive }) => connections > 0 && isActive),
    at: new Date(Math.max(0, ...parts.map(({ at }) => at.getTime()))),
  };
}
