import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  AuthService,
  DomainError,
  OperatorService,
  operatorIsAtLeast,
  type Actor,
  CallRates,
  type CallInfo,
  type KeyActor,
  type PlatformActor,
} from '@parley/domain';
import { adminRoomRoutes, messageRoutes, type RouteSpec } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { callOf } from './call.js';
import { ROUTE } from './endpoint.js';
import { SessionCookies } from './session-cookies.js';

/** The one guard of all routes (STACK 3: path-bound middleware was bypassed by odd paths). A route without a row is closed. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly auth: AuthService,
    private readonly operators: OperatorService,
    private readonly rates: CallRates,
    private readonly cookies: SessionCookies,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const spec = this.reflector.get<RouteSpec | undefined>(ROUTE, context.getHandler());
    if (!spec) return true;
    const call = callOf(request);
    requireFittingKey(spec, call.info.idempotencyKey);
    if (spec.audience.includes('public')) {
      if (spec.method !== 'GET') this.cookies.requireOwnSite(request);
      return true;
    }
    const isOperators = spec.audience.includes('operator');
    const actor = isOperators ? await this.operator(request, spec) : await this.tenantActor(request, spec);
    await this.rates.spend(this.rates.chargesOf(actor), spec.cost);
    // Nobody is left to answer: what was not begun yet is not begun (case 102).
    if (request.raw.socket.destroyed) throw new DomainError('timeout', { detail: 'the client is gone' });
    call.actor = actor;
    return true;
  }

  private async tenantActor(request: FastifyRequest, spec: RouteSpec): Promise<Actor> {
    const { info } = callOf(request);
    const token = bearer(request);
    if (token === undefined) throw new DomainError('unauthenticated');
    const actor = token.startsWith('sk_') ? await this.byKey(request, spec, token, info) : await this.auth.userByToken(token, info);
    if (actor.kind === 'user' && !spec.audience.includes('user'))
      throw new DomainError('forbidden', { detail: 'this is done with an API key' });
    return actor;
  }

  private async byKey(request: FastifyRequest, spec: RouteSpec, secret: string, info: CallInfo): Promise<Actor> {
    const key: KeyActor = await this.auth.keyBySecret(secret, info);
    await this.rates.welcome(info.ip);
    if (spec.scope && !key.scopes.has(spec.scope)) throw new DomainError('forbidden', { detail: `the key lacks the scope ${spec.scope}` });
    const actAs = request.headers['parley-user'];
    if (typeof actAs === 'string') return this.auth.userByKey(key, actAs);
    if (!spec.audience.includes('key')) throw new DomainError('forbidden', { detail: 'this is done as a user: send Parley-User' });
    return key;
  }

  private async operator(request: FastifyRequest, spec: RouteSpec): Promise<Actor | PlatformActor> {
    const { actor, mustChangePassword } = await this.signedIn(request, spec);
    if (mustChangePassword && !spec.beforePasswordChange) throw new DomainError('password-change-required');
    const { tenantId } = request.params as { tenantId?: string };
    const isOfTenant = spec.path.includes('/tenants/:tenantId/') && !spec.path.endsWith('/suspend') && !spec.path.endsWith('/resume');
    if (isOfTenant && tenantId !== undefined) return this.operators.inTenant(actor, tenantId, spec.role ?? 'viewer');
    if (!spec.path.includes(':tenantId') && spec.role && !operatorIsAtLeast(actor.role, spec.role)) throw new DomainError('forbidden');
    return actor;
  }

  private async signedIn(request: FastifyRequest, spec: RouteSpec): Promise<{ actor: PlatformActor; mustChangePassword: boolean }> {
    const call = callOf(request);
    const token = bearer(request);
    if (token !== undefined) {
      if (!token.startsWith('pat_')) throw new DomainError('token-invalid');
      // A one-time password is about the dashboard; a token was made by somebody who was let in already.
      return { actor: (await this.operators.byToken(token, call.info)).actor, mustChangePassword: false };
    }
    const secret = this.cookies.read(request.headers.cookie);
    if (secret === undefined) throw new DomainError('unauthenticated');
    if (spec.method !== 'GET') this.cookies.requireIntent(request, secret);
    const { actor, operator } = await this.operators.bySession(secret, call.info);
    call.sessionSecret = secret;
    return { actor, mustChangePassword: operator.mustChangePassword };
  }
}

/** A message is known by its `clientMessageId` for ever, not by a key for a day: two notions of a repeat would contradict each other. */
function requireFittingKey(spec: RouteSpec, key: string | undefined): void {
  if (key === undefined) return;
  if (spec === messageRoutes.send || spec === adminRoomRoutes.sendMessage)
    throw new DomainError('validation-failed', { detail: 'a message takes no Idempotency-Key: repeat its clientMessageId' });
  if (!/^[\x20-\x7e]{1,255}$/.test(key))
    throw new DomainError('validation-failed', { detail: 'Idempotency-Key is 1 to 255 ASCII characters' });
}

/** Exactly one Authorization header, with a bearer token; tokens elsewhere are not looked for (case 20). */
function bearer(request: FastifyRequest): string | undefined {
  const values = request.raw.headersDistinct.authorization ?? [];
  if (values.length > 1) throw new DomainError('validation-failed', { detail: 'one Authorization header, please' });
  const [value] = values;
  if (value === undefined) return undefined;
  const match = /^Bearer ([\x21-\x7e]+)$/i.exec(value);
  if (!match?.[1]) throw new DomainError('token-invalid');
  return match[1];
}
