import type { UserEventType } from '../../events.js';
import type { MessageId, RoomNo, UserNo } from '../../ids.js';
import type { JsonObject, JsonValue } from '../../json.js';
import type { Member } from '../../members/member.js';
import type { NodeIdentity, NodeReport } from '../../nodes/node.js';
import type { Operator, OperatorSession, OperatorToken } from '../../operators/operator.js';
import type { Mention } from '../../ports/room-log.js';
import type { RoomEventType } from '../../events.js';
import type { Room } from '../../rooms/room.js';
import type { ApiKey, SigningKey } from '../../auth/keys.js';

/** Persons are kept by number and joined on read, so that a new name shows everywhere. */
export type StoredRef =
  { readonly kind: 'user'; readonly no: UserNo } | { readonly kind: 'key' | 'operator' | 'system'; readonly id: string };

export interface RoomRow extends Omit<Room, 'createdBy'> {
  readonly createdByNo?: UserNo;
  readonly draft?: string;
  /** Time and order of the last event. */
  readonly activeAt: Date;
  readonly activeOrder: number;
}

export interface MemberRow extends Omit<Member, 'user' | 'roomId'> {
  readonly roomNo: RoomNo;
  readonly userNo: UserNo;
}

export interface BanRow {
  readonly id: string;
  readonly order: number;
  readonly userNo: UserNo;
  readonly roomNo?: RoomNo;
  readonly reason?: string;
  readonly createdAt: Date;
  readonly createdBy: StoredRef;
  readonly expiresAt?: Date;
}

export interface NodeRow {
  readonly identity: NodeIdentity;
  readonly report: NodeReport;
  readonly beatAt: Date;
  readonly isDrainWanted: boolean;
  readonly suspectedAt?: Date;
}

export interface MessageRow {
  readonly id: MessageId;
  readonly roomNo: RoomNo;
  readonly seq: number;
  readonly pts: number;
  readonly type: 'text';
  readonly senderNo: UserNo;
  readonly clientMessageId: string;
  readonly draft: string;
  readonly text?: string;
  readonly mentions: readonly Mention[];
  readonly replyTo?: MessageId;
  readonly metadata: JsonObject;
  readonly createdAt: Date;
  readonly deleted?: { readonly at: Date; readonly by: StoredRef; readonly reason?: string };
}

export type StoredData =
  | { readonly kind: 'message'; readonly messageId: MessageId }
  | { readonly kind: 'room'; readonly room: RoomRow }
  | {
      readonly kind: 'member';
      readonly member: MemberRow;
      readonly memberCount: number;
      readonly reason?: string;
      readonly expiresAt?: Date;
    };

export interface EventRow {
  readonly id: string;
  readonly type: RoomEventType;
  readonly roomNo: RoomNo;
  readonly pts: number;
  readonly seq?: number;
  readonly at: Date;
  readonly actor?: StoredRef;
  readonly data: StoredData;
}

export interface UserEventRow {
  readonly id: string;
  readonly type: UserEventType;
  readonly userNo: UserNo;
  readonly userPts: number;
  readonly at: Date;
  readonly actor?: StoredRef;
  readonly data: { readonly room: RoomRow; readonly afterPts?: number } | { readonly ban: BanRow };
}

export interface ApiKeyRow {
  readonly key: ApiKey;
  readonly hash: string;
  readonly order: number;
}

export interface SigningKeyRow {
  readonly key: SigningKey;
  readonly order: number;
}

export interface RememberedRow {
  readonly draft: string;
  readonly answer: JsonValue;
  readonly at: Date;
}

export interface OperatorRow {
  readonly operator: Operator;
  readonly passwordHash: string;
}

export interface SessionRow {
  readonly session: OperatorSession;
  readonly tokenHash: string;
}

export interface TokenRow {
  readonly token: OperatorToken;
  readonly tokenHash: string;
}

export const memberKey = (roomNo: RoomNo, userNo: UserNo): string => `${roomNo}/${userNo}`;
/** Room 0 stands for the whole tenant. */
export const banKey = (roomNo: RoomNo | undefined, userNo: UserNo): string => `${roomNo ?? 0}/${userNo}`;
export const positionKey = (no: number, position: number): string => `${no}/${position}`;
export const sendKey = (roomNo: RoomNo, senderNo: UserNo, clientMessageId: string): string => `${roomNo}/${senderNo}/${clientMessageId}`;
