import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SigningKey, TokenClaims } from '../auth/keys.js';
import { DomainError } from '../errors.js';
import type { Position } from '../page.js';
import type { Clock } from '../ports/clock.js';
import { Cursors } from '../ports/cursors.js';
import { Passwords } from '../ports/passwords.js';
import { SecretBox } from '../ports/secret-box.js';
import { UserTokens, type TokenToSign } from '../ports/user-tokens.js';

const LEEWAY_SECONDS = 60;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const isEqual = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Fast, so that tests are; everything else as promised. */
export class PlainPasswords extends Passwords {
  async hash(password: string): Promise<string> {
    return `plain$${sha256(password)}`;
  }

  async verify(hash: string | undefined, password: string): Promise<boolean> {
    return isEqual(hash ?? `plain$${sha256('nobody')}`, `plain$${sha256(password)}`) && hash !== undefined;
  }
}

/** Readable inside, but notices another key and any change. */
export class PlainSecretBox extends SecretBox {
  constructor(private readonly key = 'test') {
    super();
  }

  seal(plain: string): string {
    return `${sha256(this.key + plain)}.${Buffer.from(plain).toString('base64url')}`;
  }

  open(sealed: string): string {
    const [mark = '', body = ''] = sealed.split('.');
    const plain = Buffer.from(body, 'base64url').toString();
    if (!isEqual(mark, sha256(this.key + plain))) throw new Error('sealed under another key, or changed');
    return plain;
  }
}

/** Readable inside, but bound to its query and marked. */
export class PlainCursors extends Cursors {
  seal(position: Position, binding: string): string {
    const body = JSON.stringify(position);
    return `${sha256(`${binding}\n${body}`)}.${Buffer.from(body).toString('base64url')}`;
  }

  open(cursor: string, binding: string): Position | undefined {
    const [mark = '', body = ''] = cursor.split('.');
    const plain = Buffer.from(body, 'base64url').toString();
    return isEqual(mark, sha256(`${binding}\n${plain}`)) ? (JSON.parse(plain) as Position) : undefined;
  }
}

/** True HS256 JWTs (RFC 7519) on the test clock. */
export class PlainUserTokens extends UserTokens {
  constructor(private readonly clock: Clock) {
    super();
  }

  keyIdOf(token: string): string | undefined {
    const kid = decode(token.split('.')[0])?.kid;
    return typeof kid === 'string' ? kid : undefined;
  }

  async verify(token: string, key: SigningKey, secret: string): Promise<TokenClaims> {
    const [head = '', body = '', signature = ''] = token.split('.');
    const header = decode(head);
    const claims = decode(body);
    if (header?.alg !== key.algorithm || header.kid !== key.id || !isEqual(signature, sign(`${head}.${body}`, secret))) {
      throw new DomainError('token-invalid');
    }
    const { sub, exp, name, image, device } = claims ?? {};
    if (typeof sub !== 'string' || typeof exp !== 'number') throw new DomainError('token-invalid');
    if (this.clock.now().getTime() / 1_000 > exp + LEEWAY_SECONDS) throw new DomainError('token-expired');
    const expiresAt = new Date(exp * 1_000);
    return {
      tenantId: key.tenantId,
      userId: key.userIdPrefix + sub,
      name: text(name),
      image: text(image),
      device: text(device),
      expiresAt,
    };
  }

  sign(key: SigningKey, secret: string, token: TokenToSign): { token: string; expiresAt: Date } {
    const exp = Math.floor(this.clock.now().getTime() / 1_000) + token.expiresInSeconds;
    const head = encode({ alg: key.algorithm, typ: 'JWT', kid: key.id });
    const body = encode({ sub: token.userId, name: token.name, device: token.device, exp });
    return { token: `${head}.${body}.${sign(`${head}.${body}`, secret)}`, expiresAt: new Date(exp * 1_000) };
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const sign = (content: string, secret: string): string => createHmac('sha256', secret).update(content).digest('base64url');
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
