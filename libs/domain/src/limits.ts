/** Limits a tenant may set for itself, inside hard caps. */
export interface TenantLimits {
  /** Code points of a message text. */
  readonly textLength: number;
  readonly metadataBytes: number;
  readonly attachments: number;
  readonly mentions: number;
  /** Members a user names in one call; API keys may name `membersPerKeyCall`. */
  readonly membersPerCall: number;
  readonly membersPerKeyCall: number;
  readonly groupMembers: number;
  readonly sendsPerSecond: number;
  readonly sendBurst: number;
  readonly socketsPerUser: number;
  readonly socketsPerTenant: number;
}

export const DEFAULT_LIMITS: TenantLimits = {
  textLength: 4_000,
  metadataBytes: 8_192,
  attachments: 10,
  mentions: 50,
  membersPerCall: 50,
  membersPerKeyCall: 500,
  groupMembers: 500,
  sendsPerSecond: 20,
  sendBurst: 40,
  socketsPerUser: 10,
  socketsPerTenant: 10_000,
};

/** The most a tenant may set each limit to. */
export const HARD_LIMITS: TenantLimits = {
  textLength: 40_000,
  metadataBytes: 65_536,
  attachments: 50,
  mentions: 500,
  membersPerCall: 500,
  membersPerKeyCall: 500,
  groupMembers: 10_000,
  sendsPerSecond: 100_000,
  sendBurst: 100_000,
  socketsPerUser: 1_000,
  socketsPerTenant: 1_000_000,
};

/** Fixed by the server. */
export const PAGE_MAX = 100;
export const PAGE_DEFAULT = 20;
export const SYNC_ROOMS_MAX = 100;
export const SYNC_EVENTS_MAX = 1_000;
export const READY_ROOMS = 100;
export const JOINED_ROOMS_MAX = 5_000;
/** Above this many members a difference carries one's own receipt and counts only, and `delivered` is not broadcast. */
export const RECEIPTS_MEMBERS_MAX = 100;
export const FRAME_BYTES = 1_000_000;
/** What a socket may say before it is let in: a token of 8 kB and the positions of 100 rooms are a third of it. */
export const HANDSHAKE_BYTES = 65_536;
