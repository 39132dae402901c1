import type { OperatorRole } from '../actor.js';
import type { TenantId } from '../ids.js';

/** A human who runs the installation or some of its tenants. */
export interface Operator {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** Platform-wide role. */
  readonly role?: OperatorRole;
  readonly tenantRoles: ReadonlyMap<TenantId, OperatorRole>;
  readonly mustChangePassword: boolean;
  readonly createdAt: Date;
  readonly lastLoginAt?: Date;
  readonly disabledAt?: Date;
}

export interface OperatorSession {
  readonly id: string;
  readonly operatorId: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** A personal access token `pat_<random>`, for `chatctl` and scripts. Only its hash is kept. */
export interface OperatorToken {
  readonly id: string;
  readonly operatorId: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly lastUsedAt?: Date;
}

export const SESSION_IDLE_MS = 15 * 60_000;
export const SESSION_ABSOLUTE_MS = 8 * 3_600_000;

export const sessionHolds = (session: Pick<OperatorSession, 'createdAt' | 'lastSeenAt'>, now: Date): boolean =>
  now.getTime() - session.lastSeenAt.getTime() <= SESSION_IDLE_MS && now.getTime() - session.createdAt.getTime() <= SESSION_ABSOLUTE_MS;

export const PASSWORD_MIN_LENGTH = 12;
export const PASSWORD_MAX_LENGTH = 256;

/** Why a password is refused; length is what counts (NIST SP 800-63B, 5.1.1), and it must not be the mail address. */
export function whyWeakPassword(password: string, email: string): string | undefined {
  if ([...password].length < PASSWORD_MIN_LENGTH) return `at least ${PASSWORD_MIN_LENGTH} characters`;
  if ([...password].length > PASSWORD_MAX_LENGTH) return `at most ${PASSWORD_MAX_LENGTH} characters`;
  if (password.toLowerCase().includes(email.toLowerCase().split('@')[0] ?? email)) return 'must not contain the mail address';
  if (new Set(password).size < 5) return 'must not be one character repeated';
  return undefined;
}
