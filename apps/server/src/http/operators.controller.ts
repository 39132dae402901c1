import { Controller } from '@nestjs/common';
import { AuditService, OperatorService, PageCursors, TenantService, type Actor, type Operator, type PlatformActor } from '@parley/domain';
import {
  auditRoutes,
  operatorRoutes,
  presentAudit,
  presentOperator,
  presentOperatorToken,
  presentTenant,
  sessionRoutes,
  tenantRoutes,
  type In,
} from '@parley/protocol';
import type { Call } from './call.js';
import { Endpoint } from './endpoint.js';
import { ServerFacts } from './server-facts.js';
import { SessionCookies } from './session-cookies.js';

@Controller()
export class OperatorsController {
  constructor(
    private readonly operators: OperatorService,
    private readonly tenants: TenantService,
    private readonly audit: AuditService,
    private readonly cookies: SessionCookies,
    private readonly cursors: PageCursors,
    private readonly facts: ServerFacts,
  ) {}

  @Endpoint(sessionRoutes.signIn)
  async signIn(_: undefined, { email, password }: In<typeof sessionRoutes.signIn>, call: Call) {
    const { operator, secret } = await this.operators.signIn(email, password, { ...call.info, userAgent: call.userAgent });
    return this.session(operator, secret, call);
  }

  @Endpoint(sessionRoutes.current)
  async current(actor: PlatformActor, _: unknown, call: Call) {
    const { sessionSecret } = call;
    const operator = await this.operators.self(actor);
    return {
      operator: presentOperator(operator),
      csrf: sessionSecret && this.cookies.csrf(sessionSecret),
      serverVersion: this.facts.version,
    };
  }

  @Endpoint(sessionRoutes.signOut)
  async signOut(actor: PlatformActor, _: unknown, call: Call) {
    if (call.sessionSecret === undefined) return;
    const { session } = await this.operators.bySession(call.sessionSecret, actor.call);
    await this.operators.signOut(session.id);
    call.headers['set-cookie'] = this.cookies.clear();
  }

  @Endpoint(sessionRoutes.changePassword)
  async changePassword(actor: PlatformActor, { currentPassword, newPassword }: In<typeof sessionRoutes.changePassword>, call: Call) {
    const { operator, secret } = await this.operators.changePassword(actor, currentPassword, newPassword, call.userAgent);
    return this.session(operator, secret, call);
  }

  private session(operator: Operator, secret: string, call: Call) {
    call.headers['set-cookie'] = this.cookies.set(secret);
    return { operator: presentOperator(operator), csrf: this.cookies.csrf(secret), serverVersion: this.facts.version };
  }

  @Endpoint(operatorRoutes.list)
  async list(actor: PlatformActor, { limit, cursor }: In<typeof operatorRoutes.list>) {
    const bound = this.cursors.bind(actor, 'operators', {});
    return bound.page(await this.operators.list(actor, bound.request(limit, cursor)), presentOperator);
  }

  @Endpoint(operatorRoutes.create)
  async create(actor: PlatformActor, input: In<typeof operatorRoutes.create>) {
    const { operator, password } = await this.operators.create(actor, input);
    return { operator: presentOperator(operator), password };
  }

  @Endpoint(operatorRoutes.disable)
  async disable(actor: PlatformActor, { operatorId }: In<typeof operatorRoutes.disable>) {
    await this.operators.setDisabled(actor, operatorId, true);
  }

  @Endpoint(operatorRoutes.enable)
  async enable(actor: PlatformActor, { operatorId }: In<typeof operatorRoutes.enable>) {
    await this.operators.setDisabled(actor, operatorId, false);
  }

  @Endpoint(operatorRoutes.listTokens)
  async listTokens(actor: PlatformActor) {
    return { items: (await this.operators.listTokens(actor)).map(presentOperatorToken) };
  }

  @Endpoint(operatorRoutes.createToken)
  async createToken(actor: PlatformActor, { name, expiresInSeconds }: In<typeof operatorRoutes.createToken>) {
    const { token, secret } = await this.operators.createToken(actor, name, expiresInSeconds);
    return { token: presentOperatorToken(token), secret };
  }

  @Endpoint(operatorRoutes.revokeToken)
  async revokeToken(actor: PlatformActor, { tokenId }: In<typeof operatorRoutes.revokeToken>) {
    await this.operators.revokeToken(actor, tokenId);
  }

  @Endpoint(tenantRoutes.list)
  async listTenants(actor: PlatformActor, { limit, cursor, ...filter }: In<typeof tenantRoutes.list>) {
    const bound = this.cursors.bind(actor, 'tenants', filter);
    return bound.page(await this.tenants.list(actor, filter, bound.request(limit, cursor)), presentTenant);
  }

  @Endpoint(tenantRoutes.create)
  async createTenant(actor: PlatformActor, input: In<typeof tenantRoutes.create>) {
    return { tenant: presentTenant(await this.tenants.create(actor, input)) };
  }

  @Endpoint(tenantRoutes.get)
  async getTenant(actor: PlatformActor, { tenantId }: In<typeof tenantRoutes.get>) {
    const { tenant, figures } = await this.tenants.get(actor, tenantId);
    return { tenant: presentTenant(tenant), figures: { ...figures } };
  }

  @Endpoint(tenantRoutes.update)
  async updateTenant(actor: PlatformActor, { tenantId, ...patch }: In<typeof tenantRoutes.update>) {
    return { tenant: presentTenant(await this.tenants.update(actor, tenantId, patch)) };
  }

  @Endpoint(tenantRoutes.suspend)
  async suspend(actor: PlatformActor, { tenantId }: In<typeof tenantRoutes.suspend>) {
    return { tenant: presentTenant(await this.tenants.setStatus(actor, tenantId, 'suspended')) };
  }

  @Endpoint(tenantRoutes.resume)
  async resume(actor: PlatformActor, { tenantId }: In<typeof tenantRoutes.resume>) {
    return { tenant: presentTenant(await this.tenants.setStatus(actor, tenantId, 'active')) };
  }

  @Endpoint(auditRoutes.ofPlatform)
  async auditOfPlatform(actor: PlatformActor, { limit, cursor, ...filter }: In<typeof auditRoutes.ofPlatform>) {
    const bound = this.cursors.bind(actor, 'audit', filter);
    return bound.page(await this.audit.ofPlatform(actor, filter, bound.request(limit, cursor)), presentAudit);
  }

  @Endpoint(auditRoutes.ofTenant)
  async auditOfTenant(actor: Actor, { limit, cursor, tenantId: _, ...filter }: In<typeof auditRoutes.ofTenant>) {
    const bound = this.cursors.bind(actor, 'audit', filter);
    return bound.page(await this.audit.ofTenant(actor, filter, bound.request(limit, cursor)), presentAudit);
  }
}
