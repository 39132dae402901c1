import type { ActorRef, Person } from './actor.js';
import type { RoomId, RoomNo, TenantId, UserNo } from './ids.js';
import type { Member } from './members/member.js';
import type { Message } from './messages/message.js';
import type { Ban } from './moderation/ban.js';
import type { RoomInfo } from './rooms/room.js';
import type { TypingAction } from './typing/typing.js';

/** Every durable change in a room: one entry of the room's log, the data as the contract's event table has it. */
export interface RoomEventData {
  'message.created': { readonly message: Message };
  'message.deleted': { readonly message: Message };
  'room.created': { readonly room: RoomInfo };
  'room.updated': { readonly room: RoomInfo };
  'room.dissolved': { readonly room: RoomInfo };
  'member.joined': MemberChange;
  'member.left': MemberChange;
  'member.removed': MemberChange;
  'member.updated': MemberChange;
  'member.muted': MemberChange;
  'member.unmuted': MemberChange;
  'member.banned': MemberChange;
  'member.unbanned': MemberChange;
  /** A position the viewer may not see: keeps slices without a hole. */
  'event.hidden': Record<string, never>;
}

export interface MemberChange {
  /** As it was right after the event; its user's name is today's. */
  readonly member: Member;
  /** Members of the room right after the event. */
  readonly memberCount: number;
  readonly reason?: string;
  readonly expiresAt?: Date;
}

export type RoomEventType = keyof RoomEventData;
export type MemberEventType = Extract<RoomEventType, `member.${string}`>;
export const MEMBER_EVENTS = [
  'member.joined',
  'member.left',
  'member.removed',
  'member.updated',
  'member.muted',
  'member.unmuted',
  'member.banned',
  'member.unbanned',
] as const satisfies readonly MemberEventType[];

export type RoomEvent = {
  [T in RoomEventType]: {
    readonly id: string;
    readonly type: T;
    readonly tenantId: TenantId;
    readonly roomNo: RoomNo;
    readonly roomId: RoomId;
    readonly epoch: number;
    /** 1, 2, 3, ... per room, without a gap. */
    readonly pts: number;
    /** Messages only: 1, 2, 3, ... per room. */
    readonly seq?: number;
    readonly at: Date;
    readonly actor?: ActorRef;
    readonly data: RoomEventData[T];
  };
}[RoomEventType];

export type RoomEventOf<T extends RoomEventType> = Extract<RoomEvent, { type: T }>;

/** What concerns a user and not a room: one entry of the user's own log. */
export interface UserEventData {
  /** `afterPts`: the room's position right before the user came in. */
  'room.entered': { readonly room: RoomInfo; readonly afterPts: number };
  'room.exited': { readonly room: RoomInfo };
  'user.banned': { readonly ban: Ban };
  'user.unbanned': { readonly ban: Ban };
}

export type UserEventType = keyof UserEventData;

export type UserEvent = {
  [T in UserEventType]: {
    readonly id: string;
    readonly type: T;
    readonly tenantId: TenantId;
    readonly userNo: UserNo;
    /** 1, 2, 3, ... per user, without a gap. */
    readonly userPts: number;
    readonly at: Date;
    readonly actor?: ActorRef;
    readonly data: UserEventData[T];
  };
}[UserEventType];

/** Told to whoever is connected, kept nowhere: healed by the `receipts` of a difference. */
export interface ReceiptEvent {
  readonly type: 'message.read' | 'message.delivered';
  readonly tenantId: TenantId;
  readonly roomNo: RoomNo;
  readonly roomId: RoomId;
  readonly user: Person;
  readonly seq: number;
  readonly at: Date;
}

/** Somebody is about to say something, or not any more. */
export interface TypingEvent {
  readonly type: 'typing.started' | 'typing.stopped';
  readonly tenantId: TenantId;
  readonly roomNo: RoomNo;
  readonly roomId: RoomId;
  readonly user: Person;
  readonly action: TypingAction;
  readonly at: Date;
}

/** What is told to who listens to a room, and kept in no log. */
export type RoomNotice = ReceiptEvent | TypingEvent;

/** `user.updated` goes to the user's own devices and to the rooms it is in. */
export interface ProfileEvent {
  readonly type: 'user.updated';
  readonly tenantId: TenantId;
  readonly user: Person;
  readonly at: Date;
}
