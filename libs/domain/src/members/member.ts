import type { Person } from '../actor.js';
import type { RoomId } from '../ids.js';

export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];
/** `member` is in the room; the others were. A row stays, so that a former member gets 403 and a stranger 404. */
export type MemberStatus = 'member' | 'left' | 'removed' | 'banned';

/** Notification wish for one room. */
export interface RoomNotifications {
  readonly level: 'all' | 'mentions' | 'none';
  readonly until?: Date;
}

export interface Member {
  readonly roomId: RoomId;
  readonly user: Person;
  readonly role: Role;
  readonly status: MemberStatus;
  /** Name in this room only. */
  readonly name?: string;
  readonly joinedAt: Date;
  /** Position at which the present membership began. */
  readonly joinedPts: number;
  readonly joinedSeq: number;
  readonly mutedUntil?: Date;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly markedUnread: boolean;
  readonly notifications: RoomNotifications;
  readonly pinned: boolean;
  readonly archivedSeq?: number;
  readonly hiddenSeq?: number;
}

/** "For ever" as a time, so that a mute has one shape. */
export const FOREVER = new Date('9999-12-31T23:59:59.000Z');

const RANK: Record<Role, number> = { member: 0, admin: 1, owner: 2 };
export const isStaff = (role: Role): boolean => RANK[role] > 0;

/** Nobody acts on an equal or a superior: an admin cannot touch admins or the owner (J19, P37). */
export const outranks = (by: Role, target: Role): boolean => RANK[by] > RANK[target];

export type Capability =
  | 'message.send'
  | 'message.delete-any'
  | 'member.add'
  | 'member.remove'
  | 'member.mute'
  | 'member.set-role'
  | 'room.update'
  | 'room.update-settings'
  | 'room.dissolve'
  | 'ban';

const STAFF_CAPABILITIES: readonly Capability[] = [
  'message.send',
  'message.delete-any',
  'member.add',
  'member.remove',
  'member.mute',
  'room.update',
  'ban',
];
const OWNER_CAPABILITIES: readonly Capability[] = [...STAFF_CAPABILITIES, 'member.set-role', 'room.update-settings', 'room.dissolve'];

/** What a role may do in a room with these settings (P36). */
export function capabilitiesOf(
  role: Role,
  settings: { memberCanInvite: boolean; memberCanPost: boolean; muted: boolean },
): readonly Capability[] {
  if (role === 'owner') return OWNER_CAPABILITIES;
  if (role === 'admin') return STAFF_CAPABILITIES;
  const own: Capability[] = [];
  if (settings.memberCanPost && !settings.muted) own.push('message.send');
  if (settings.memberCanInvite) own.push('member.add');
  return own;
}
