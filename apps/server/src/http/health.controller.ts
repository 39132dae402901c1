import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { DomainError } from '@parley/domain';
import { API_VERSION, asyncApi, FEATURES, openApi } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Telemetry } from '../telemetry/telemetry.js';
import { referencePage } from './reference-page.js';
import { ServerFacts } from './server-facts.js';

/** What anybody may ask: is it alive, ready, which version, and its contract. */
@Controller()
export class HealthController {
  /** Written once: they are long, and anybody may ask for them. */
  private readonly openApi: string;
  private readonly asyncApi: string;
  private readonly reference: string;

  constructor(
    private readonly facts: ServerFacts,
    private readonly telemetry: Telemetry,
  ) {
    this.openApi = JSON.stringify(openApi(facts.version));
    this.asyncApi = JSON.stringify(asyncApi(facts.version));
    this.reference = referencePage(facts.version);
  }

  /** A greeting for programs, the dashboard for people. */
  @Get('/')
  root(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (request.headers.accept?.includes('text/html')) reply.redirect('/dashboard/', 302);
    else reply.type('text/plain; charset=utf-8').send(`Parley ${this.facts.version}\n`);
  }

  @Get('/health')
  health(@Res() reply: FastifyReply): void {
    reply.type('text/plain; charset=utf-8').send('Healthy');
  }

  @Get('/livez')
  livez(): object {
    return { live: true };
  }

  @Get('/readyz')
  async readyz(@Res() reply: FastifyReply): Promise<void> {
    const health = await this.facts.health();
    if (!health.ready) reply.header('retry-after', '1');
    reply.status(health.ready ? 200 : 503).send(health);
  }

  @Get('/version')
  version(): object {
    const { version, profile, schemaVersion } = this.facts;
    return { version, api: API_VERSION, features: [...FEATURES], nodeVersion: process.versions.node, schemaVersion, profile };
  }

  @Get('/metrics')
  async metrics(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.mayReadMetrics(request)) throw new DomainError('not-found');
    reply.type(this.telemetry.registry.contentType).send(await this.telemetry.registry.metrics());
  }

  /** With its token, or from this machine and not through a proxy. */
  private mayReadMetrics(request: FastifyRequest): boolean {
    const { metricsToken } = this.facts;
    if (metricsToken !== undefined) return isSame(request.headers.authorization ?? '', `Bearer ${metricsToken}`);
    const isLocal = /^(::ffff:)?127\.|^::1$/.test(request.raw.socket.remoteAddress ?? '');
    return isLocal && request.headers['x-forwarded-for'] === undefined;
  }

  @Get('/openapi.json')
  openapi(@Res() reply: FastifyReply): void {
    reply.type('application/json; charset=utf-8').send(this.openApi);
  }

  @Get('/asyncapi.json')
  asyncapi(@Res() reply: FastifyReply): void {
    reply.type('application/json; charset=utf-8').send(this.asyncApi);
  }

  @Get('/reference')
  referenceOf(@Res() reply: FastifyReply): void {
    reply.type('text/html; charset=utf-8').send(this.reference);
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
