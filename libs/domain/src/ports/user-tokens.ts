import type { SigningKey, TokenClaims } from '../auth/keys.js';

export interface TokenToSign {
  readonly userId: string;
  readonly name?: string;
  readonly device?: string;
  readonly expiresInSeconds: number;
}

/** JWTs of users. */
export abstract class UserTokens {
  /** The `kid` of the header, unverified; undefined when the token is not worth a look-up. */
  abstract keyIdOf(token: string): string | undefined;
  /** Throws `token-expired` or `token-invalid`, and never says which check failed. `secret`: what `material` opens to. */
  abstract verify(token: string, key: SigningKey, secret: string): Promise<TokenClaims>;
  abstract sign(key: SigningKey, secret: string, token: TokenToSign): { readonly token: string; readonly expiresAt: Date };
}
