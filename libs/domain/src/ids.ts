/** The app's own name of a tenant, user or room: what travels on the wire. */
export type TenantId = string;
export type UserId = string;
export type RoomId = string;
export type MessageId = string;

/**
 * The internal number of a user or room: what logs, keys and indexes hold (architecture.md, Identity).
 * Never leaves the server; an erased user keeps the number and loses the id.
 */
export type UserNo = number;
export type RoomNo = number;

export interface RoomKey {
  readonly tenantId: TenantId;
  readonly roomNo: RoomNo;
}

export interface UserKey {
  readonly tenantId: TenantId;
  readonly userNo: UserNo;
}

const TENANT_ID = /^[a-z0-9-]{1,63}$/;
const APP_ID = /^[A-Za-z0-9._:@|~-]{1,128}$/;
/** Words that are path segments of the API and so cannot name a user or room. */
const RESERVED_IDS: ReadonlySet<string> = new Set(['.', '..', 'direct', 'batch']);

export const isTenantId = (value: string): boolean => TENANT_ID.test(value);
export const isAppId = (value: string): boolean => APP_ID.test(value) && !RESERVED_IDS.has(value);

export const roomKeyOf = (key: RoomKey): string => `${key.tenantId}/${key.roomNo}`;
export const userKeyOf = (key: UserKey): string => `${key.tenantId}/${key.userNo}`;
