import { createHmac, sign as signWith, type KeyObject } from 'node:crypto';

const part = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const HASH: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** A JWT of exactly this header and payload (texts go in as they are), signed with a shared secret. */
export function hmacToken(header: object | string, payload: object | string, secret: string, algorithm = 'HS256'): string {
  const content = `${part(header)}.${part(payload)}`;
  const signature = createHmac(HASH[algorithm] ?? 'sha256', secret)
    .update(content)
    .digest('base64url');
  return `${content}.${signature}`;
}

/** The same, signed with a private key as ES256, RS256 and EdDSA do. */
export function keyToken(header: object, payload: object, key: KeyObject): string {
  const content = `${part(header)}.${part(payload)}`;
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = signWith(hash, Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1_000);
