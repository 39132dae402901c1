import type { CallInfo, KeyActor, Scope, UserActor } from '../actor.js';
import { auditOf } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { Gather } from '../gather.js';
import { isAppId, type TenantId, type UserId } from '../ids.js';
import { banHolds } from '../moderation/ban.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { SecretBox } from '../ports/secret-box.js';
import type { Caller, Store, TenantTx } from '../ports/store.js';
import type { UserTokens } from '../ports/user-tokens.js';
import { bannedError } from '../rooms/access.js';
import type { Tenant } from '../tenants/tenant.js';
import { personOf, type User } from '../users/user.js';
import { claimedTenant, type SigningKey, type TokenClaims } from './keys.js';

/** A key's last use is noted this often. */
const TOUCH_MS = 60_000;
const ACT_AS_MS = 3_600_000;
const ACT_AS_MAX = 100_000;

interface Credential {
  readonly token: string;
  readonly keyId: string;
}
interface Refused {
  readonly refusal: DomainError;
}
type Named = Pick<TokenClaims, 'userId' | 'name' | 'image'>;
type Judgement = Refused | { readonly claims: TokenClaims; readonly caller: Caller };

export interface Session {
  readonly actor: UserActor;
  readonly user: User;
  readonly tenant: Tenant;
}

/** Who is calling. Every refusal of a credential reads the same, whichever check failed. */
export class AuthService {
  private readonly touchedAt = new Map<string, number>();
  private readonly actedAt = new Map<string, number>();
  private readonly judgements = new Gather<Credential, Judgement>((tenantId, asked) => this.judge(tenantId, asked));

  constructor(
    private readonly store: Store,
    private readonly tokens: UserTokens,
    private readonly box: SecretBox,
    private readonly random: Random,
    private readonly clock: Clock,
  ) {}

  /** A user's token. First sight of a `sub` creates the user when the tenant allows it. */
  async userByToken(token: string, call: CallInfo): Promise<UserActor> {
    return (await this.session(token, call)).actor;
  }

  /** The same, with what was read of the user and the tenant on the way. */
  async session(token: string, call: CallInfo): Promise<Session> {
    const keyId = this.tokens.keyIdOf(token);
    const tenantId = keyId === undefined ? undefined : claimedTenant(keyId, 'kid');
    if (keyId === undefined || tenantId === undefined) throw new DomainError('token-invalid');
    const judged = await this.judgements.ask(tenantId, { token, keyId });
    if ('refusal' in judged) throw judged.refusal;
    const { claims, caller } = judged;
    const user = this.admitted(caller, call.origin);
    const { device, expiresAt } = claims;
    const actor: UserActor = { kind: 'user', tenantId, user: personOf(user), device, expiresAt, signingKeyId: keyId, call };
    return { actor, user, tenant: caller.tenant };
  }

  /** Keys, users and bans of everybody who is at the door are read together. */
  private judge(tenantId: TenantId, asked: readonly Credential[]): Promise<readonly Judgement[]> {
    return this.store.tenant(tenantId, async (tx) => {
      const keys = new Map<string, Awaited<ReturnType<AuthService['openKey']>>>();
      for (const { keyId } of asked) if (!keys.has(keyId)) keys.set(keyId, await this.openKey(tx, keyId));
      const verified = await Promise.all(asked.map(({ token, keyId }) => this.verified(token, keys.get(keyId))));
      const known = verified.flatMap((one) => ('claims' in one ? [one.claims] : []));
      const callers = await this.callersOf(tx, known);
      return verified.map((one) => {
        if ('refusal' in one) return one;
        const caller = callers.get(one.claims.userId);
        return caller ? { claims: one.claims, caller } : { refusal: new DomainError('token-invalid') };
      });
    });
  }

  private async openKey(tx: TenantTx, keyId: string): Promise<{ key: SigningKey; secret: string } | undefined> {
    const key = await tx.keys.signingKey(keyId);
    if (!key || key.revokedAt) return undefined;
    return { key, secret: key.algorithm === 'HS256' ? this.box.open(key.material) : key.material };
  }

  private async verified(
    token: string,
    opened: { readonly key: SigningKey; readonly secret: string } | undefined,
  ): Promise<{ readonly claims: TokenClaims } | Refused> {
    if (!opened) return { refusal: new DomainError('token-invalid') };
    try {
      const claims = await this.tokens.verify(token, opened.key, opened.secret);
      return isAppId(claims.userId) ? { claims } : { refusal: new DomainError('token-invalid') };
    } catch (error) {
      if (error instanceof DomainError) return { refusal: error };
      throw error;
    }
  }

  private async callersOf(tx: TenantTx, claims: readonly Named[]): Promise<ReadonlyMap<UserId, Caller>> {
    const byId = new Map(claims.map((one) => [one.userId, one]));
    const found = await tx.tenant.callers([...byId.keys()]);
    const callers = new Map([...byId.keys()].flatMap((id, index) => (found[index] ? [[id, found[index]] as const] : [])));
    const strangers = [...callers].flatMap(([id, { user, tenant }]) => {
      const named = byId.get(id);
      return named && !user && tenant.status !== 'suspended' && tenant.settings.firstSight ? [named] : [];
    });
    if (strangers.length === 0) return callers;
    const users = await tx.users.ensure(strangers.map(({ userId, name, image }) => ({ id: userId, name: name ?? userId, image })));
    for (const user of users) {
      const caller = callers.get(user.id);
      if (caller) callers.set(user.id, { ...caller, user });
    }
    return callers;
  }

  private admitted(caller: Caller | undefined, origin?: string): User {
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
      const caller = (await this.callersOf(tx, [{ userId }])).get(userId);
      if (caller && !caller.user) throw new DomainError('not-found', { detail: 'no such user' });
      if (caller?.user?.deactivatedAt) throw new DomainError('forbidden', { detail: 'the user is deactivated' });
      await this.noteActingAs(tx, key, userId);
      return { kind: 'user', tenantId: key.tenantId, user: personOf(this.admitted(caller)), actingKeyId: key.keyId, call: key.call };
    });
  }
}
