import { type CallInfo, type OperatorActor, type OperatorRole, type PlatformActor } from '../actor.js';
import { auditOf, type AuditEntry } from '../audit/audit.js';
import { DomainError, invalidField, notFound } from '../errors.js';
import type { TenantId } from '../ids.js';
import type { Page, PageRequest } from '../page.js';
import type { Clock } from '../ports/clock.js';
import type { Passwords } from '../ports/passwords.js';
import type { Random } from '../ports/random.js';
import { rateLimited, type RateLimiter } from '../ports/rate-limiter.js';
import type { Store } from '../ports/store.js';
import { addressGroup } from '../rates/address-group.js';
import { requirePlatform, requireTenantRole } from '../tenants/tenant.service.js';
import { sessionHolds, whyWeakPassword, type Operator, type OperatorSession, type OperatorToken } from './operator.js';

/** 10 wrong sign-ins in 15 minutes, per account and per address; then one more every 90 s. Nobody is locked out for good by a stranger. */
const LOGIN_RATE = { burst: 10, perSecond: 10 / (15 * 60) };
const TOKEN_CHARACTERS = 40;

export interface SignedIn {
  readonly operator: Operator;
  readonly session: OperatorSession;
  /** For the cookie; only its hash is kept. */
  readonly secret: string;
}

/** The humans who run the installation. */
export class OperatorService {
  constructor(
    private readonly store: Store,
    private readonly passwords: Passwords,
    private readonly limiter: RateLimiter,
    private readonly random: Random,
    private readonly clock: Clock,
  ) {}

  /** Same time and same text for an unknown account and a wrong password. */
  async signIn(email: string, password: string, from: CallInfo & { userAgent?: string }): Promise<SignedIn> {
    const buckets = [`login/account/${email.toLowerCase()}`, `login/ip/${addressGroup(from.ip ?? 'local')}`];
    // Taken before the check and given back after a right one, so that guesses made at the same time count too.
    for (const bucket of buckets) {
      const wait = await this.limiter.take(bucket, LOGIN_RATE);
      if (wait !== undefined) throw rateLimited({ bucket, rate: LOGIN_RATE }, wait, 'too many wrong sign-ins');
    }
    const found = await this.store.platform((tx) => tx.operators.byEmail(email.toLowerCase()));
    const isRight = await this.passwords.verify(found?.passwordHash, password);
    if (!found || !isRight || found.operator.disabledAt) {
      throw new DomainError('unauthenticated', { detail: 'the mail address or the password is wrong' });
    }
    for (const bucket of buckets) await this.limiter.take(bucket, LOGIN_RATE, -1);
    return this.openSession(found.operator, from);
  }

  /** A new id at every sign-in and privilege change, so that a planted one is worth nothing. */
  private async openSession(operator: Operator, from: CallInfo & { userAgent?: string }): Promise<SignedIn> {
    const secret = this.random.token(TOKEN_CHARACTERS);
    const now = this.clock.now();
    const session = {
      id: this.random.uuid(),
      operatorId: operator.id,
      createdAt: now,
      lastSeenAt: now,
      ip: from.ip,
      userAgent: from.userAgent,
    };
    await this.store.platform(async (tx) => {
      await tx.operators.insertSession({ ...session, tokenHash: this.random.digest(secret) });
      await tx.operators.touchLogin(operator.id);
      await tx.audit.append(entryOf(operator, from, 'operator.sign-in'));
    });
    return { operator, session, secret };
  }

  async bySession(secret: string, call: CallInfo): Promise<{ actor: PlatformActor; operator: Operator; session: OperatorSession }> {
    const now = this.clock.now();
    const found = await this.store.platform(async (tx) => {
      const found = await tx.operators.session(this.random.digest(secret));
      if (!found || found.operator.disabledAt || !sessionHolds(found.session, now)) return undefined;
      // A write a minute is enough to know who is idle.
      if (now.getTime() - found.session.lastSeenAt.getTime() > 60_000) await tx.operators.touchSession(found.session.id);
      return found;
    });
    if (!found) throw new DomainError('unauthenticated');
    return { ...found, actor: platformActor(found.operator, call) };
  }

  async byToken(secret: string, call: CallInfo): Promise<{ actor: PlatformActor; operator: Operator }> {
    const now = this.clock.now();
    const found = await this.store.platform(async (tx) => {
      const found = await tx.operators.token(this.random.digest(secret));
      if (!found || found.operator.disabledAt || (found.token.expiresAt && found.token.expiresAt <= now)) return undefined;
      if (now.getTime() - (found.token.lastUsedAt?.getTime() ?? 0) > 60_000) await tx.operators.touchToken(found.token.id);
      return found;
    });
    if (!found) throw new DomainError('token-invalid');
    return { operator: found.operator, actor: platformActor(found.operator, call) };
  }

  async self(actor: PlatformActor): Promise<Operator> {
    const operator = await this.store.platform((tx) => tx.operators.byId(actor.operatorId));
    if (!operator) throw new DomainError('unauthenticated');
    return operator;
  }

  async signOut(sessionId: string): Promise<void> {
    await this.store.platform((tx) => tx.operators.endSession(sessionId));
  }

  /** Ends all other sessions and replaces this one. */
  async changePassword(actor: PlatformActor, current: string, next: string, userAgent?: string): Promise<SignedIn> {
    const hash = await this.store.platform((tx) => tx.operators.passwordHash(actor.operatorId));
    const bucket = `login/account/${actor.email}`;
    const wait = await this.limiter.take(bucket, LOGIN_RATE);
    if (wait !== undefined) throw rateLimited({ bucket, rate: LOGIN_RATE }, wait);
    if (!(await this.passwords.verify(hash, current))) {
      throw invalidField('/currentPassword', 'this is not the current password', 'wrong');
    }
    await this.limiter.take(bucket, LOGIN_RATE, -1);
    const weakness = whyWeakPassword(next, actor.email);
    if (weakness) throw invalidField('/newPassword', weakness, 'weak');
    if (next === current) throw invalidField('/newPassword', 'must differ from the current one', 'same');
    const newHash = await this.passwords.hash(next);
    const operator = await this.store.platform(async (tx) => {
      await tx.operators.setPassword(actor.operatorId, newHash, false);
      await tx.operators.endSessions(actor.operatorId);
      await tx.audit.append(auditOf(actor, 'operator.change-password', { kind: 'operator', id: actor.operatorId }));
      return tx.operators.byId(actor.operatorId);
    });
    if (!operator) throw notFound();
    return this.openSession(operator, { ...actor.call, userAgent });
  }

  /** With a one-time password that must be changed at the first sign-in. */
  async create(
    actor: PlatformActor,
    request: { email: string; name?: string; role?: OperatorRole; tenantId?: TenantId },
  ): Promise<{ operator: Operator; password: string }> {
    requirePlatform(actor, 'owner');
    return this.insert(request, auditOf(actor, 'operator.create', { kind: 'operator', id: request.email }));
  }

  /** The first operator of an installation, when there is none; from the machine itself. */
  async bootstrap(email: string, call: CallInfo, password?: string): Promise<{ operator: Operator; password: string } | undefined> {
    if ((await this.store.platform((tx) => tx.operators.count())) > 0) return undefined;
    return this.insert({ email, role: 'owner' }, systemEntry(call, 'operator.bootstrap', email), password);
  }

  private async insert(
    request: { email: string; name?: string; role?: OperatorRole; tenantId?: TenantId },
    audit: AuditEntry,
    given?: string,
  ): Promise<{ operator: Operator; password: string }> {
    const password = given ?? this.random.token(20);
    const email = request.email.toLowerCase();
    const passwordHash = await this.passwords.hash(password);
    return this.store.platform(async (tx) => {
      const id = this.random.uuid();
      const inserted = await tx.operators.insert({ id, email, name: request.name ?? email, passwordHash, mustChangePassword: true });
      if (!inserted) throw new DomainError('conflict', { detail: 'an operator with this mail address exists' });
      await tx.operators.grant(id, request.tenantId, request.role ?? 'viewer');
      await tx.audit.append(audit);
      const operator = await tx.operators.byId(id);
      if (!operator) throw notFound();
      return { operator, password };
    });
  }

  /** A new one-time password, made on the machine itself (`chatctl operators recover --local`). All sessions end. */
  async recover(email: string, call: CallInfo): Promise<{ operator: Operator; password: string }> {
    const password = this.random.token(20);
    const passwordHash = await this.passwords.hash(password);
    return this.store.platform(async (tx) => {
      const found = await tx.operators.byEmail(email.toLowerCase());
      if (!found) throw notFound('no operator with this mail address');
      await tx.operators.setPassword(found.operator.id, passwordHash, true);
      await tx.operators.setDisabled(found.operator.id, false);
      await tx.operators.endSessions(found.operator.id);
      await tx.audit.append(systemEntry(call, 'operator.recover', found.operator.id));
      return { operator: found.operator, password };
    });
  }

  list(actor: PlatformActor, page: PageRequest): Promise<Page<Operator>> {
    requirePlatform(actor, 'admin');
    return this.store.platform((tx) => tx.operators.list(page));
  }

  async setDisabled(actor: PlatformActor, id: string, isDisabled: boolean): Promise<void> {
    requirePlatform(actor, 'owner');
    if (id === actor.operatorId) throw new DomainError('conflict', { detail: 'nobody disables itself' });
    await this.store.platform(async (tx) => {
      if (!(await tx.operators.byId(id))) throw notFound();
      await tx.operators.setDisabled(id, isDisabled);
      if (isDisabled) await tx.operators.endSessions(id);
      await tx.audit.append(auditOf(actor, isDisabled ? 'operator.disable' : 'operator.enable', { kind: 'operator', id }));
    });
  }

  /** A personal access token for `chatctl`; shown in this answer only. */
  async createToken(actor: PlatformActor, name: string, expiresInSeconds?: number): Promise<{ token: OperatorToken; secret: string }> {
    const secret = `pat_${this.random.token(TOKEN_CHARACTERS)}`;
    const expiresAt = expiresInSeconds === undefined ? undefined : new Date(this.clock.now().getTime() + expiresInSeconds * 1_000);
    const token = await this.store.platform(async (tx) => {
      const id = this.random.uuid();
      await tx.audit.append(auditOf(actor, 'operator-token.create', { kind: 'operator-token', id }));
      return tx.operators.insertToken({ id, operatorId: actor.operatorId, name, expiresAt, tokenHash: this.random.digest(secret) });
    });
    return { token, secret };
  }

  listTokens(actor: PlatformActor): Promise<readonly OperatorToken[]> {
    return this.store.platform((tx) => tx.operators.listTokens(actor.operatorId));
  }

  async revokeToken(actor: PlatformActor, id: string): Promise<void> {
    await this.store.platform(async (tx) => {
      if (!(await tx.operators.revokeToken(actor.operatorId, id))) throw notFound();
      await tx.audit.append(auditOf(actor, 'operator-token.revoke', { kind: 'operator-token', id }));
    });
  }

  /** The same human looking at one tenant. A tenant it was not granted does not exist for it. */
  async inTenant(actor: PlatformActor, tenantId: TenantId, least: OperatorRole): Promise<OperatorActor> {
    const role = requireTenantRole(actor, tenantId, least);
    const tenant = await this.store.tenant(tenantId, (tx) => tx.tenant.get());
    if (!tenant) throw notFound();
    return { kind: 'operator', tenantId, operatorId: actor.operatorId, email: actor.email, role, call: actor.call };
  }
}

export function platformActor(operator: Operator, call: CallInfo): PlatformActor {
  const { id, email, role, tenantRoles } = operator;
  return { kind: 'platform', operatorId: id, email, role, tenantRoles, call };
}

function entryOf(operator: Operator, call: CallInfo, action: string): AuditEntry {
  return auditOf(platformActor(operator, call), action, { kind: 'operator', id: operator.id });
}

function systemEntry(call: CallInfo, action: string, id: string): AuditEntry {
  return {
    action,
    actorKind: 'system',
    actorId: 'local',
    target: { kind: 'operator', id },
    detail: {},
    requestId: call.requestId,
    ip: call.ip,
  };
}
