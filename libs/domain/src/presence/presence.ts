import type { UserId, UserNo } from '../ids.js';
import type { PresenceSum } from '../ports/presence-store.js';

/** What a user wants others to see (D15, J8); what they see follows from it and from the user's connections. */
export const PRESENCE_WISHES = ['online', 'away', 'do-not-disturb', 'invisible', 'offline'] as const;
export type PresenceWish = (typeof PRESENCE_WISHES)[number];

export const PRESENCE_STATUSES = ['online', 'away', 'do-not-disturb', 'offline'] as const;
export type PresenceStatus = (typeof PRESENCE_STATUSES)[number];

/** Within an hour, a week, a month; `hidden`: not for the viewer's eyes any more (P41). */
export const LAST_SEEN = ['recently', 'last-week', 'last-month', 'long-ago', 'hidden'] as const;
export type LastSeen = (typeof LAST_SEEN)[number];

/** A user as somebody else sees it right now. */
export interface Presence {
  readonly userId: UserId;
  readonly status: PresenceStatus;
  /** Of one who is offline. */
  readonly lastSeen?: LastSeen;
  readonly lastSeenAt?: Date;
  /** Devices that are connected; 0 when offline. */
  readonly connections: number;
  /** Rises with every change; of two presences of a user the higher one is the newer. */
  readonly version: number;
  /** For one's own eyes. */
  readonly wish?: PresenceWish;
}

/** What is kept of a user beyond its connections. */
export interface PresenceRecord {
  readonly wish: PresenceWish;
  readonly changedAt?: Date;
  readonly lastSeenAt?: Date;
}

/** Told to who asked for it, and kept in no log. */
export interface PresenceEvent {
  readonly type: 'presence.changed';
  readonly tenantId: string;
  readonly presence: Presence;
  readonly at: Date;
}

/** Somebody and its number. */
export interface PresenceSubject {
  readonly no: UserNo;
  readonly id: UserId;
}

/** A connection that has asked for nothing for so long, or is in the background, is of one who is away. */
export const IDLE_AFTER_MS = 180_000;
/** A user is gone when it has not come back for so long: reconnects are nobody's news. */
export const GONE_AFTER_MS = 5_000;
/** Users one connection may watch. */
export const WATCHED_MAX = 1_000;

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const MONTH_MS = 30 * 24 * HOUR_MS;

export const wantsToBeSeen = (wish: PresenceWish): boolean => wish !== 'invisible' && wish !== 'offline';

/** The same for everyone who may see the user at all. One who hides looks like one who is gone since it hid. */
export function presenceOf(
  { id }: PresenceSubject,
  sum: PresenceSum,
  { wish, changedAt, lastSeenAt }: PresenceRecord,
  now: Date,
): Presence {
  const isSeen = wantsToBeSeen(wish);
  const version = Math.max(changedAt?.getTime() ?? 0, isSeen ? sum.at.getTime() : 0);
  if (!isSeen || sum.connections === 0)
    return { userId: id, status: 'offline', lastSeen: lastSeenBucket(lastSeenAt, now), lastSeenAt, connections: 0, version };
  const derived = sum.isActive ? 'online' : 'away';
  return { userId: id, status: wish === 'away' || wish === 'do-not-disturb' ? wish : derived, connections: sum.connections, version };
}

/** What is told who may see the user no longer. */
export const hiddenPresence = ({ userId, version }: Presence): Presence => ({
  userId,
  status: 'offline',
  lastSeen: 'hidden',
  connections: 0,
  version: version + 1,
});

/** Would a viewer notice? */
export const looksAlike = (a: Presence, b: Presence): boolean =>
  a.status === b.status && a.connections === b.connections && a.lastSeenAt?.getTime() === b.lastSeenAt?.getTime();

function lastSeenBucket(at: Date | undefined, now: Date): LastSeen {
  const age = at ? now.getTime() - at.getTime() : Infinity;
  if (age <= HOUR_MS) return 'recently';
  if (age <= WEEK_MS) return 'last-week';
  return age <= MONTH_MS ? 'last-month' : 'long-ago';
}
