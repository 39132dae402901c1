import type { CallInfo, KeyActor, Scope, UserActor } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { isAppId, type UserId } from '../ids.js';
import { banHolds } from '../moderation/ban.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { SecretBox } from '../ports/secret-box.js';
import type { Caller, Store, TenantTx } from '../ports/store.js';
import type { UserTokens } from '../ports/user-tokens.js';
import { bannedError } from '../rooms/access.js';
import { personOf } from '../users/user.js';
import { claimedTenant, type TokenClaims } from './keys.js';

/** A key's last use is noted this often. */
const TOUCH_MS = 60_000;
const ACT_AS_MS = 3_600_000;
const ACT_AS_MAX = 100_000;

/** Who is calling. Every refusal of a credential reads the same, whichever check failed. */
export class AuthService {
  private readonly touchedAt = new Map<string, number>();
  private readonly actedAt = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly tokens: UserTokens,
    private readonly box: SecretBox,
    private readonly random: Random,
    private readonly clock: Clock,
  ) {}

  /** A user's token. First sight of a `sub` creates the user when the tenant allows it. */
  async userByToken(token: string, call: CallInfo): Promise<UserActor> {
    const keyId = this.tokens.keyIdOf(token);
    const tenantId = keyId === undefined ? undefined : claimedTenant(keyId, 'kid');
    if (keyId === undefined || tenantId === undefined) throw new DomainError('token-invalid');
    return this.store.tenant(tenantId, async (tx) => {
      const key = await tx.keys.signingKey(keyId);
      if (!key || key.revokedAt) throw new DomainError('token-invalid');
      const secret = key.algorithm === 'HS256' ? this.box.open(key.material) : key.material;
      const claims = await this.tokens.verify(token, key, secret);
      if (!isAppId(claims.userId)) throw new DomainError('token-invalid');
      const caller = this.admitted(await this.callerOf(tx, claims), call.origin);
      return {
        kind: 'user',
        tenantId,
        user: personOf(caller),
        device: claims.device,
        expiresAt: claims.expiresAt,
        signingKeyId: keyId,
        call,
      };
    });
  }

  private async callerOf(tx: TenantTx, claims: Pick<TokenClaims, 'userId' | 'name' | 'image'>): Promise<Caller | undefined> {
    const caller = await tx.tenant.caller(claims.userId);
    if (!caller || caller.user || caller.tenant.status === 'suspended' || !caller.tenant.settings.firstSight) return caller;
    const [user] = await tx.users.ensure([{ id: claims.userId, name: claims.name ?? claims.userId, image: claims.image }]);
    return { ...caller, user };
  }

  private admitted(caller: Caller | undefined, origin?: string) {
    if (caller?.tenant.status === 'suspended') throw new DomainError('tenant-suspended');
    if (!caller?.user || caller.user.deactivatedAt) throw new DomainError('token-invalid');
    const { allowedOrigins } = caller.tenant.settings;
    // CORS does not stop a WebSocket, nor a page that does not care to read the answer (PROMISES 0.9a).
    if (origin !== undefined && allowedOrigins.length > 0 && !allowedOrigins.includes(origin)) {
      throw new DomainError('forbidden', { detail: 'this origin is not allowed' });
    }
    if (caller.ban && banHolds(caller.ban, this.clock.now())) throw bannedError(caller.ban);
    return caller.user;
  }

  /** A tenant's server. */
  async keyBySecret(secret: string, call: CallInfo): Promise<KeyActor> {
    const tenantId = claimedTenant(secret, 'sk');
    if (tenantId === undefined) throw new DomainError('token-invalid');
    return this.store.tenant(tenantId, async (tx) => {
      const key = await tx.keys.apiKeyByHash(this.random.digest(secret));
      if (!key || key.revokedAt) throw new DomainError('token-invalid');
      const tenant = await tx.tenant.get();
      if (tenant?.status !== 'active') throw new DomainError('tenant-suspended');
      await this.touch(tx, key.id);
      return { kind: 'key', tenantId, keyId: key.id, scopes: new Set<Scope>(key.scopes), call };
    });
  }

  private async touch(tx: TenantTx, keyId: string): Promise<void> {
    const now = this.clock.now().getTime();
    if (now - (this.touchedAt.get(keyId) ?? 0) < TOUCH_MS) return;
    this.touchedAt.set(keyId, now);
    await tx.keys.touchApiKey(keyId);
  }

  /** A row an hour for each user a key speaks for: a row for each message would put all of a tenant's sends in one line. */
  private async noteActingAs(tx: TenantTx, key: KeyActor, userId: UserId): Promise<void> {
    const now = this.clock.now().getTime();
    const pair = `${key.keyId}/${userId}`;
    if (now - (this.actedAt.get(pair) ?? 0) < ACT_AS_MS) return;
    if (this.actedAt.size >= ACT_AS_MAX) this.actedAt.clear();
    this.actedAt.set(pair, now);
    await tx.audit.append(auditOf(key, 'key.act-as', { kind: 'user', id: userId }));
  }

  /** An API key speaking for one of its users (`Parley-User`). */
  async userByKey(key: KeyActor, userId: UserId): Promise<UserActor> {
    if (!key.scopes.has('act-as')) throw new DomainError('forbidden', { detail: 'the key lacks the scope act-as' });
    if (!isAppId(userId)) throw new DomainError('validation-failed', { detail: 'Parley-User is not a user id' });
    return this.store.tenant(key.tenantId, async (tx) => {
      const caller = await this.callerOf(tx, { userId });
      if (caller && !caller.user) throw new DomainError('not-found', { detail: 'no such user' });
      if (caller?.user?.deactivatedAt) throw new DomainError('forbidden', { detail: 'the user is deactivated' });
      await this.noteActingAs(tx, key, userId);
      return { kind: 'user', tenantId: key.tenantId, user: personOf(this.admitted(caller)), actingKeyId: key.keyId, call: key.call };
    });
  }
}
