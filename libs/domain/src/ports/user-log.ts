import type { ActorRef } from '../actor.js';
import type { AuditEntry } from '../audit/audit.js';
import type { UserEvent } from '../events.js';
import type { UserKey } from '../ids.js';
import type { Remember } from './store.js';

/** One change of a user = one event in its log and what it does to the user's state. Each raises the user's version. */
export type UserChange =
  | { readonly type: 'user.banned'; readonly banId: string; readonly reason?: string; readonly expiresAt?: Date }
  | { readonly type: 'user.unbanned' };

export interface UserEntry {
  readonly user: UserKey;
  readonly by: ActorRef;
  readonly change: UserChange;
  readonly audit?: AuditEntry;
  readonly remember?: Remember;
}

export interface UserSlice {
  readonly events: readonly UserEvent[];
  /** Head of the log. */
  readonly pts: number;
}

/**
 * What concerns a user and not a room, per user with `userPts` 1, 2, 3, ... without a gap. The same promises as the
 * room log; entries about rooms are written by the room log in its own commit.
 */
export abstract class UserLog {
  /** Throws `conflict` where there is nothing to lift, `not-found` for an unknown user. */
  abstract change(entry: UserEntry): Promise<UserEvent>;
  abstract after(user: UserKey, afterPts: number, limit: number): Promise<UserSlice>;
}
