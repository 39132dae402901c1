import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { CallRates, DomainError, FRAME_BYTES, type Random } from '@parley/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Overload } from '../telemetry/overload.js';
import { noteCall } from './call.js';
import { answerClientError } from './client-error.js';
import { refusalOf, sendProblem } from './problem.filter.js';

const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
/** Node looks for late requests this often; a limit is late by no more than that. */
const CHECK_EVERY_MS = 1_000;
/** Asked by machines that would take a refusal for a failure, and files. */
const UNLIMITED = /^\/(livez|readyz|health|version|metrics|dashboard)(\/|\?|$)/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface HttpTimeouts {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

export interface HttpOptions {
  readonly trustedProxies: readonly string[];
  readonly random: Random;
  readonly timeouts: HttpTimeouts;
  /** The built dashboard. */
  readonly dashboardDirectory: string;
}

export function fastifyAdapter({ trustedProxies, random, timeouts }: HttpOptions): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: FRAME_BYTES,
    http: { headersTimeout: timeouts.headersTimeoutMs, connectionsCheckingInterval: CHECK_EVERY_MS },
    requestTimeout: timeouts.requestTimeoutMs,
    keepAliveTimeout: timeouts.keepAliveTimeoutMs,
    clientErrorHandler: answerClientError,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestIdHeader: false,
    genReqId: () => random.uuid(),
    routerOptions: { maxParamLength: 400 },
    exposeHeadRoutes: false,
    // What Fastify refuses before a route is found.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(request, reply, refusalOf(error) ?? new DomainError('validation-failed')),
  } as never);
}

/** Hooks and parsers of every request; the dashboard's files. */
export async function prepareHttp(app: NestFastifyApplication, options: HttpOptions): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  strictJson(fastify);
  const [rates, overload] = [app.get(CallRates), app.get(Overload)];
  fastify.addHook('onRequest', async (request, reply) => {
    noteCall(request, {
      info: { requestId: request.id, ip: request.ip, idempotencyKey: idempotencyKey(request), origin: request.headers.origin },
      userAgent: request.headers['user-agent']?.slice(0, 300),
      startedAt: performance.now(),
      headers: {},
    });
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer').header('parley-request-id', request.id);
    if (!METHODS.has(request.method)) return reply.status(404).send();
    if (isPage(request.url))
      reply.header('content-security-policy', CSP).header('x-frame-options', 'DENY').header('cross-origin-opener-policy', 'same-origin');
    else reply.header('cache-control', 'no-store');
    if (isForAnyOrigin(request.url)) {
      allowAnyOrigin(reply);
      if (request.method === 'OPTIONS') return answerPreflight(reply);
    }
    const refusal = await whyNotRead(request, rates, overload);
    return refusal && sendProblem(request, reply, refusal);
  });
  if (existsSync(join(options.dashboardDirectory, 'index.html'))) await serveDashboard(fastify, options.dashboardDirectory);
}

const isPage = (url: string): boolean => url.startsWith('/dashboard') || url.startsWith('/reference');
const isForAnyOrigin = (url: string): boolean => url.startsWith('/v1/') && !url.startsWith('/v1/admin');

/** Before a body is read or a credential looked at. */
async function whyNotRead(request: FastifyRequest, rates: CallRates, overload: Overload): Promise<DomainError | undefined> {
  const { 'content-encoding': encoding = 'identity' } = request.headers;
  // What is small on the wire and large when unpacked is never unpacked (case 104).
  if (encoding !== 'identity') return new DomainError('unsupported-media-type', { detail: 'the body must not be encoded' });
  if (UNLIMITED.test(request.url)) return undefined;
  try {
    if (!request.url.startsWith('/v1/admin')) overload.require('busy');
    await rates.arrive(request.ip);
    return undefined;
  } catch (error) {
    return refusalOf(error) ?? new DomainError('unavailable');
  }
}

/** User-token routes may be called from any page; credentials of the browser (cookies) never count there. */
function allowAnyOrigin(reply: FastifyReply): void {
  reply
    .header('access-control-allow-origin', '*')
    .header('access-control-expose-headers', 'retry-after, ratelimit, ratelimit-policy, parley-request-id');
}

const answerPreflight = (reply: FastifyReply): FastifyReply =>
  reply
    .header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
    .header('access-control-allow-headers', 'authorization, content-type, idempotency-key')
    .header('access-control-max-age', '7200')
    .status(204)
    .send();

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' ? key : undefined;
}

/** JSON and nothing else, in valid UTF-8 (case 74). An absent body is none; parsing errors are refusals. */
function strictJson(fastify: FastifyInstance): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      done(null, JSON.parse(decoder.decode(body as Buffer)));
    } catch {
      done(new DomainError('validation-failed', { detail: 'the body is not valid JSON in UTF-8' }));
    }
  });
}

async function serveDashboard(fastify: FastifyInstance, root: string): Promise<void> {
  await fastify.register(fastifyStatic, {
    root,
    prefix: '/dashboard/',
    wildcard: false,
    index: false,
    setHeaders: (response, path) =>
      void response.header('cache-control', /-[\w-]{8}\.\w+$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'),
  });
  fastify.get('/dashboard', (_request, reply) => reply.redirect('/dashboard/', 302));
  // Addresses of pages are the application's own.
  fastify.get('/dashboard/*', (request, reply) => {
    // A file of an older build is gone, not a page.
    if (request.url.startsWith('/dashboard/assets/')) return sendProblem(request, reply, new DomainError('not-found'));
    return reply.header('cache-control', 'no-cache').sendFile('index.html');
  });
  fastify.get('/dashboard/', (_request, reply) => reply.header('cache-control', 'no-cache').sendFile('index.html'));
}
