import type { Scope } from '../actor.js';
import type { TenantId, UserId } from '../ids.js';

/** A server's credential `sk_<tenant>_<random>`. Only its hash is kept; the secret is shown once. */
export interface ApiKey {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly name: string;
  /** The first characters of the secret, to recognise it by. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
}

export type SigningAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';

/**
 * A key that user tokens of one tenant are verified with; the token's header names it (`kid`). Its algorithm is pinned
 * here, whatever a token claims (RFC 8725, 3.1).
 */
export interface SigningKey {
  /** `kid_<tenant>_<random>`: names its tenant, so that the look-up is the tenant's own. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly algorithm: SigningAlgorithm;
  /** HS256: the secret, sealed by `SecretBox`; else the public key as PEM. */
  readonly material: string;
  /** Required claims, where set. */
  readonly issuer?: string;
  readonly audience?: string;
  /** Put before `sub`, so that two providers' users never meet. */
  readonly userIdPrefix: string;
  readonly createdAt: Date;
  readonly revokedAt?: Date;
}

/** What a verified user token says. */
export interface TokenClaims {
  readonly tenantId: TenantId;
  readonly userId: UserId;
  readonly name?: string;
  readonly image?: string;
  readonly device?: string;
  readonly expiresAt: Date;
}

/** The least a shared secret may have: as many bits as the hash (RFC 7518, 3.2). */
export const SIGNING_SECRET_MIN_BYTES = 32;

/** The tenant that a credential claims to be of; proves nothing before the look-up. */
export function claimedTenant(credential: string, prefix: 'sk' | 'kid'): TenantId | undefined {
  const match = /^(sk|kid)_([a-z0-9-]{1,63})_([A-Za-z0-9]{16,64})$/.exec(credential);
  return match?.[1] === prefix ? match[2] : undefined;
}
