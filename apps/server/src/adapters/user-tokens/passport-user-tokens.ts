import { createSecretKey, type KeyObject } from 'node:crypto';
import { DomainError, UserTokens, type SigningKey, type TokenClaims, type TokenToSign } from '@parley/domain';
import jwt from 'jsonwebtoken';
import { ExtractJwt, Strategy, type VerifiedCallback } from 'passport-jwt';

/** Longer ones are not looked at (case 19). */
const TOKEN_MAX_LENGTH = 8_192;
const LEEWAY_SECONDS = 60;
/** The last second a `Date` can hold (ECMA-262, 21.4.1.1): a later one is no time, and would break whoever counts on it. */
const LAST_SECOND = 8_640_000_000_000;

interface Payload {
  sub?: unknown;
  exp?: unknown;
  iat?: unknown;
  name?: unknown;
  image?: unknown;
  device?: unknown;
  typ?: unknown;
}

/** User tokens by passport-jwt, one strategy per check since the key pins the algorithm (RFC 8725, 3.1). */
export class PassportUserTokens extends UserTokens {
  override keyIdOf(token: string): string | undefined {
    if (token.length > TOKEN_MAX_LENGTH) return undefined;
    const [head, payload, signature, ...more] = token.split('.');
    if (!head || !payload || !signature || more.length > 0) return undefined;
    const header = parsePart(head);
    // Nothing critical is known here, and encrypted or detached forms are not ours (RFC 7515, 4.1.11; RFC 7797).
    if (!header || 'crit' in header || 'enc' in header || header.b64 === false || !parsePart(payload)) return undefined;
    return typeof header.kid === 'string' && header.kid.length <= 200 ? header.kid : undefined;
  }

  override async verify(token: string, key: SigningKey, secret: string): Promise<TokenClaims> {
    const payload = await verified(token, key, secret);
    const now = Date.now() / 1_000;
    if (typeof payload.sub !== 'string' || typeof payload.exp !== 'number' || payload.exp > LAST_SECOND)
      throw new DomainError('token-invalid');
    if (payload.iat !== undefined && (typeof payload.iat !== 'number' || payload.iat > now + LEEWAY_SECONDS))
      throw new DomainError('token-invalid');
    // A token of another purpose (refresh, upload) is not a user token.
    if (payload.typ !== undefined && payload.typ !== 'user') throw new DomainError('token-invalid');
    return {
      tenantId: key.tenantId,
      userId: `${key.userIdPrefix}${payload.sub}`,
      name: shortText(payload.name, 100),
      image: webAddress(payload.image),
      device: shortText(payload.device, 128),
      expiresAt: new Date(payload.exp * 1_000),
    };
  }

  override sign(
    key: SigningKey,
    secret: string,
    { userId, name, device, expiresInSeconds }: TokenToSign,
  ): { token: string; expiresAt: Date } {
    const issuedAt = Math.floor(Date.now() / 1_000);
    const exp = issuedAt + expiresInSeconds;
    const claims = {
      sub: userId,
      iat: issuedAt,
      exp,
      ...(name === undefined ? {} : { name }),
      ...(device === undefined ? {} : { device }),
      ...audience(key),
    };
    const token = jwt.sign(claims, secret, { algorithm: 'HS256', keyid: key.id });
    return { token, expiresAt: new Date(exp * 1_000) };
  }
}

const audience = ({ issuer, audience: aud }: SigningKey) => ({
  ...(issuer === undefined ? {} : { iss: issuer }),
  ...(aud === undefined ? {} : { aud }),
});
const shortText = (value: unknown, max: number): string | undefined =>
  typeof value === 'string' && value !== '' ? value.replaceAll('\0', '').slice(0, max).toWellFormed() : undefined;
/** `http` and `https` only, as the routes take them; written out, so that it holds nothing that cannot be stored. */
function webAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2_000 || !URL.canParse(value)) return undefined;
  const { protocol, href } = new URL(value);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

function verified(token: string, key: SigningKey, secret: string): Promise<Payload> {
  if (key.algorithm === 'EdDSA') return Promise.reject(new DomainError('token-invalid'));
  const strategy = new Strategy(
    {
      // Its types know texts only; it hands on what it is given, and jsonwebtoken takes key objects.
      secretOrKey: key.algorithm === 'HS256' ? (secretKeyOf(secret) as unknown as string) : secret,
      jwtFromRequest: ExtractJwt.fromHeader('token'),
      algorithms: [key.algorithm],
      jsonWebTokenOptions: { clockTolerance: LEEWAY_SECONDS },
      ...(key.issuer === undefined ? {} : { issuer: key.issuer }),
      ...(key.audience === undefined ? {} : { audience: key.audience }),
    },
    (payload: Payload, done: VerifiedCallback) => done(null, payload),
  );
  return new Promise((done, refuse) => {
    const outcome = Object.assign(Object.create(strategy) as Strategy, {
      success: (payload: unknown) => done(payload as Payload),
      fail: (reason: unknown) => refuse(new DomainError(isExpiry(reason) ? 'token-expired' : 'token-invalid')),
      error: () => refuse(new DomainError('token-invalid')),
    });
    outcome.authenticate({ headers: { token } } as never);
  });
}

const secretKeys = new Map<string, KeyObject>();
const SECRET_KEYS_MAX = 1_000;

/** jsonwebtoken tries a plain text as a public key first, which costs more than the check itself. */
function secretKeyOf(secret: string): KeyObject {
  const known = secretKeys.get(secret);
  if (known) return known;
  if (secretKeys.size >= SECRET_KEYS_MAX) secretKeys.clear();
  const made = createSecretKey(Buffer.from(secret));
  secretKeys.set(secret, made);
  return made;
}

const isExpiry = (reason: unknown): boolean => reason instanceof Error && reason.name === 'TokenExpiredError';

/** A JSON object without a name twice: which of two would win is a parser's mood (case 18). */
function parsePart(part: string): Record<string, unknown> | undefined {
  try {
    const text = Buffer.from(part, 'base64url').toString('utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return hasDuplicateNames(text) ? undefined : (value as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

/** Names of the outermost object, read off the text. */
function hasDuplicateNames(text: string): boolean {
  const seen = new Set<string>();
  let depth = 0;
  for (const [part, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*(:)?|[{}[\]]/g)) {
    if (part === '{' || part === '[') depth += 1;
    else if (part === '}' || part === ']') depth -= 1;
    else if (string !== undefined && colon !== undefined && depth === 1) {
      const name = JSON.parse(string) as string;
      if (seen.has(name)) return true;
      seen.add(name);
    }
  }
  return false;
}
