/** What an error means to a caller; the doors map a kind to an HTTP status or an ack in one table each. */
export type ErrorKind =
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'invalid'
  | 'conflict'
  | 'mismatch'
  | 'gone'
  | 'too-large'
  | 'unsupported'
  | 'limited'
  | 'unavailable'
  | 'internal';

/** The closed table of stable codes. Clients branch on the code, doors on the kind, people read the title. */
export const ERROR_TABLE = {
  unauthenticated: { kind: 'unauthenticated', title: 'Authentication is required', retryable: false },
  'token-expired': { kind: 'unauthenticated', title: 'The token has expired', retryable: false },
  'token-invalid': { kind: 'unauthenticated', title: 'The credential is not valid', retryable: false },
  'password-change-required': { kind: 'forbidden', title: 'The password must be changed first', retryable: false },
  forbidden: { kind: 'forbidden', title: 'This is not allowed', retryable: false },
  banned: { kind: 'forbidden', title: 'Banned', retryable: false },
  muted: { kind: 'forbidden', title: 'Muted', retryable: false },
  'room-muted': { kind: 'forbidden', title: 'The room is muted', retryable: false },
  'blocked-by-peer': { kind: 'forbidden', title: 'The other user has blocked you', retryable: false },
  'peer-blocked-by-you': { kind: 'forbidden', title: 'You have blocked the other user', retryable: false },
  'not-a-member': { kind: 'forbidden', title: 'Not a member of this room', retryable: false },
  'not-friends': { kind: 'forbidden', title: 'The other user accepts messages from friends only', retryable: false },
  'tenant-suspended': { kind: 'forbidden', title: 'The tenant is suspended', retryable: false },
  'not-found': { kind: 'not-found', title: 'Not found', retryable: false },
  'validation-failed': { kind: 'invalid', title: 'The input is not valid', retryable: false },
  'bad-cursor': { kind: 'invalid', title: 'The cursor is not valid here', retryable: false },
  'idempotency-conflict': { kind: 'conflict', title: 'This clientMessageId was used for another message', retryable: false },
  'idempotency-mismatch': { kind: 'mismatch', title: 'This Idempotency-Key was used for another request', retryable: false },
  conflict: { kind: 'conflict', title: 'Conflict with the current state', retryable: false },
  'room-full': { kind: 'conflict', title: 'The room is full', retryable: false },
  'pts-too-old': { kind: 'gone', title: 'These events are no longer kept', retryable: false },
  'too-large': { kind: 'too-large', title: 'Too large', retryable: false },
  'unsupported-media-type': { kind: 'unsupported', title: 'This kind of content is not taken', retryable: false },
  'rate-limited': { kind: 'limited', title: 'Too many requests', retryable: true },
  'quota-exceeded': { kind: 'limited', title: 'The quota is used up', retryable: false },
  'slow-consumer': { kind: 'unavailable', title: 'The connection reads too slowly', retryable: true },
  unavailable: { kind: 'unavailable', title: 'Temporarily unavailable', retryable: true },
  timeout: { kind: 'unavailable', title: 'Timed out', retryable: true },
  internal: { kind: 'internal', title: 'Internal error', retryable: false },
} as const satisfies Record<string, { kind: ErrorKind; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** One field that was refused. `pointer` is a JSON pointer (RFC 6901) into the input. */
export interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** A rate or quota that was used up: `quota` calls within `windowSeconds`. */
export interface RatePolicy {
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
}

export interface ErrorDetails {
  /** A sentence for people. Never holds secrets, message text or another tenant's data. */
  readonly detail?: string;
  readonly retryAfterMs?: number;
  /** `rate-limited`: which of the limits it was. */
  readonly policy?: RatePolicy;
  readonly errors?: readonly FieldError[];
  /** `banned` and `muted`: where it holds, why, until when. */
  readonly scope?: 'tenant' | 'room';
  readonly reason?: string;
  readonly expiresAt?: Date;
  /** `pts-too-old`: the oldest position still kept. */
  readonly floorPts?: number;
}

/** A refusal with a stable code. Bugs are not DomainErrors. */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
  ) {
    super(details.detail ?? ERROR_TABLE[code].title);
    this.name = 'DomainError';
  }

  get kind(): ErrorKind {
    return ERROR_TABLE[this.code].kind;
  }
}

export const notFound = (what?: string): DomainError => new DomainError('not-found', what ? { detail: what } : {});

/** One refused field; the pointer names it. */
export function invalidField(pointer: string, detail: string, code = 'invalid'): DomainError {
  return new DomainError('validation-failed', { detail, errors: [{ pointer, code, detail }] });
}
