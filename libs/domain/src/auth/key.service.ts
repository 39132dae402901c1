import { SCOPES, type Actor, type Scope } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import { DomainError, invalidField, notFound } from '../errors.js';
import type { UserId } from '../ids.js';
import type { Page, PageRequest } from '../page.js';
import type { Fanout } from '../ports/fanout.js';
import type { Random } from '../ports/random.js';
import type { SecretBox } from '../ports/secret-box.js';
import type { Store } from '../ports/store.js';
import type { UserTokens } from '../ports/user-tokens.js';
import { requireAuthority } from '../moderation/authority.js';
import { tenantOf } from '../rooms/room.service.js';
import { SIGNING_SECRET_MIN_BYTES, type ApiKey, type SigningKey } from './keys.js';

export interface TokenRequest {
  readonly userId: UserId;
  readonly expiresInSeconds?: number;
  readonly device?: string;
  readonly name?: string;
}

const TOKEN_DEFAULT_SECONDS = 3_600;
const SECRET_CHARACTERS = 40;

/** A tenant's credentials: keys for its servers, keys its users' tokens are signed with, and such tokens. */
export class KeyService {
  constructor(
    private readonly store: Store,
    private readonly tokens: UserTokens,
    private readonly box: SecretBox,
    private readonly random: Random,
    private readonly fanout: Fanout,
  ) {}

  /** The secret is in this answer and nowhere else. */
  async createApiKey(actor: Actor, request: { name: string; scopes?: readonly Scope[] }): Promise<{ key: ApiKey; secret: string }> {
    requireAuthority(actor);
    const secret = `sk_${actor.tenantId}_${this.random.token(SECRET_CHARACTERS)}`;
    const key = await this.store.tenant(actor.tenantId, async (tx) => {
      await tenantOf(tx);
      const id = this.random.uuid();
      await tx.audit.append(auditOf(actor, 'key.create', { kind: 'api-key', id }, { name: request.name }));
      return tx.keys.insertApiKey({
        id,
        tenantId: actor.tenantId,
        name: request.name,
        prefix: secret.slice(0, `sk_${actor.tenantId}_`.length + 4),
        scopes: request.scopes ?? SCOPES,
        hash: this.random.digest(secret),
      });
    });
    return { key, secret };
  }

  listApiKeys(actor: Actor, page: PageRequest): Promise<Page<ApiKey>> {
    requireAuthority(actor);
    return this.store.tenant(actor.tenantId, (tx) => tx.keys.listApiKeys(page));
  }

  async revokeApiKey(actor: Actor, id: string): Promise<void> {
    requireAuthority(actor);
    await this.store.tenant(actor.tenantId, async (tx) => {
      if (!(await tx.keys.revokeApiKey(id))) throw notFound();
      await tx.audit.append(auditOf(actor, 'key.revoke', { kind: 'api-key', id }));
    });
  }

  /** An HS256 secret of the app's choice (at least 32 bytes), or a new one; shown in this answer only. */
  async createSigningKey(actor: Actor, request: { secret?: string }): Promise<{ key: SigningKey; secret: string }> {
    requireAuthority(actor);
    const secret = request.secret ?? this.random.token(48);
    if (new TextEncoder().encode(secret).length < SIGNING_SECRET_MIN_BYTES) {
      throw invalidField('/secret', `at least ${SIGNING_SECRET_MIN_BYTES} bytes`, 'too-short');
    }
    const key = await this.store.tenant(actor.tenantId, async (tx) => {
      await tenantOf(tx);
      const id = `kid_${actor.tenantId}_${this.random.token(20)}`;
      await tx.audit.append(auditOf(actor, 'signing-key.create', { kind: 'signing-key', id }));
      return tx.keys.insertSigningKey({
        id,
        tenantId: actor.tenantId,
        algorithm: 'HS256',
        material: this.box.seal(secret),
        userIdPrefix: '',
      });
    });
    return { key, secret };
  }

  listSigningKeys(actor: Actor, page: PageRequest): Promise<Page<SigningKey>> {
    requireAuthority(actor);
    return this.store.tenant(actor.tenantId, (tx) => tx.keys.listSigningKeys(page));
  }

  async revokeSigningKey(actor: Actor, id: string): Promise<void> {
    requireAuthority(actor);
    await this.store.tenant(actor.tenantId, async (tx) => {
      if (!(await tx.keys.revokeSigningKey(id))) throw notFound();
      await tx.audit.append(auditOf(actor, 'signing-key.revoke', { kind: 'signing-key', id }));
    });
    this.fanout.disconnectKey(actor.tenantId, id, 'key-revoked');
  }

  /** A user token signed with the tenant's newest HS256 key, for apps that leave signing to us, and for trying things. */
  async mintToken(actor: Actor, request: TokenRequest): Promise<{ token: string; expiresAt: Date }> {
    requireAuthority(actor);
    return this.store.tenant(actor.tenantId, async (tx) => {
      const tenant = await tenantOf(tx);
      const { user } = (await tx.tenant.caller(request.userId)) ?? {};
      if (user?.deactivatedAt || (!user && !tenant.settings.firstSight)) throw notFound('no such user');
      const { items } = await tx.keys.listSigningKeys({ limit: 100 });
      const key = items.find(({ algorithm, revokedAt }) => algorithm === 'HS256' && !revokedAt);
      if (!key) throw new DomainError('conflict', { detail: 'the tenant has no signing key: create one first' });
      if (actor.kind === 'operator') await tx.audit.append(auditOf(actor, 'token.mint', { kind: 'user', id: request.userId }));
      return this.tokens.sign(key, this.box.open(key.material), {
        userId: request.userId,
        name: request.name,
        device: request.device,
        expiresInSeconds: request.expiresInSeconds ?? TOKEN_DEFAULT_SECONDS,
      });
    });
  }
}
