import type { Person } from '../actor.js';
import type { RoomId, RoomNo, TenantId, UserNo } from '../ids.js';
import type { JsonObject } from '../json.js';
import type { Member } from '../members/member.js';
import type { Message } from '../messages/message.js';
import type { TenantSettings } from '../tenants/tenant.js';
import type { User } from '../users/user.js';

export type RoomKind = 'direct' | 'group' | 'channel';
/** Who may come in without being added: nobody, or any user of the tenant. */
export type JoinPolicy = 'closed' | 'open';
/** What a member may read of the time before it joined. */
export type HistoryVisibility = 'all' | 'since-join';

export interface RoomSettings {
  readonly memberCanInvite: boolean;
  readonly memberCanPost: boolean;
  readonly joinPolicy: JoinPolicy;
  /** Channels: any user of the tenant reads without a membership row. */
  readonly publicRead: boolean;
  readonly historyVisibility: HistoryVisibility;
  /** Only owners and admins may speak (J21, P37). */
  readonly muted: boolean;
  /** Absent = no bound (channels). */
  readonly maxMembers?: number;
}

/** A room as everyone sees it: what events carry. */
export interface RoomInfo {
  readonly tenantId: TenantId;
  readonly no: RoomNo;
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly name?: string;
  readonly image?: string;
  readonly metadata: JsonObject;
  readonly settings: RoomSettings;
  readonly createdAt: Date;
  readonly createdBy?: Person;
  readonly dissolvedAt?: Date;
  readonly epoch: number;
  readonly pts: number;
  readonly lastSeq: number;
  /** The oldest position still kept is `floorPts + 1`. */
  readonly floorPts: number;
  readonly memberCount: number;
}

/** A room with its authority version: what use cases decide on. */
export interface Room extends RoomInfo {
  /** `mver`: raised by removing, banning, muting, demoting and by settings, in the commit of the event. */
  readonly version: number;
  /** Direct rooms: the two of them, the lower number first. */
  readonly pair?: readonly [UserNo, UserNo];
}

/** A room in a list: with what depends on who looks. */
export interface RoomView {
  readonly room: RoomInfo;
  readonly me?: Member;
  readonly unreadMentions?: number;
  readonly peer?: User;
  readonly lastMessage?: Message;
}

export interface RoomProfile {
  readonly name?: string | null;
  readonly image?: string | null;
  readonly metadata?: JsonObject;
  readonly settings?: Partial<RoomSettings>;
}

/** What a room starts with: its kind's defaults under the tenant's. */
export function defaultRoomSettings(kind: RoomKind, tenant: TenantSettings, groupMembers: number): RoomSettings {
  const open = kind === 'channel';
  return {
    memberCanInvite: kind !== 'direct' && tenant.memberCanInvite,
    memberCanPost: true,
    joinPolicy: open ? 'open' : 'closed',
    publicRead: open,
    historyVisibility: 'all',
    muted: false,
    ...(kind === 'group' ? { maxMembers: groupMembers } : kind === 'direct' ? { maxMembers: 2 } : {}),
  };
}

export const pairOf = (a: UserNo, b: UserNo): readonly [UserNo, UserNo] => (a < b ? [a, b] : [b, a]);

/** A room is off a member's list while nothing newer than what it hid has come (J33, C13). */
export const isListed = (member: Pick<Member, 'hiddenSeq'>, lastSeq: number): boolean =>
  member.hiddenSeq === undefined || lastSeq > member.hiddenSeq;
