import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DomainError, type ErrorCode } from '@parley/domain';
import { presentProblem } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Telemetry } from '../telemetry/telemetry.js';

const BY_STATUS: Record<number, ErrorCode> = {
  404: 'not-found',
  405: 'not-found',
  408: 'timeout',
  413: 'too-large',
  415: 'unsupported-media-type',
  431: 'too-large',
  503: 'unavailable',
};

/** Every refusal as problem+json; what is not a refusal is a bug: logged once, told as `internal` and nothing more (case 139). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly telemetry: Telemetry,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const refusal = this.toDomain(error, request);
    this.telemetry.noteCall('rest', request.routeOptions.url ?? 'none', reply.elapsedTime, refusal.code);
    sendProblem(request, reply, refusal);
  }

  private toDomain(error: unknown, request: FastifyRequest): DomainError {
    const known = refusalOf(error);
    if (known) return known;
    this.telemetry.noteError();
    this.log.error({ err: error, requestId: request.id, method: request.method, route: request.routeOptions.url }, 'a request met a bug');
    return new DomainError('internal');
  }
}

/** Refusals of ours, of Nest and of Fastify; undefined for bugs. */
export function refusalOf(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | undefined)?.statusCode;
  if (typeof status !== 'number' || (status >= 500 && status !== 503)) return undefined;
  const code = BY_STATUS[status];
  if (code === 'unsupported-media-type') return new DomainError(code, { detail: 'the body must be application/json' });
  return code
    ? new DomainError(code)
    : new DomainError('validation-failed', { detail: error instanceof Error ? error.message.slice(0, 200) : undefined });
}

const retryAfter = ({ retryAfterMs = 1_000 }: { readonly retryAfterMs?: number }): number => Math.max(1, Math.ceil(retryAfterMs / 1_000));

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: DomainError): void {
  const problem = presentProblem(error, request.id, request.url.split('?')[0]);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  if (problem.retryAfterMs !== undefined || problem.status === 503) reply.header('retry-after', String(retryAfter(problem)));
  if (error.details.policy) {
    // draft-ietf-httpapi-ratelimit-headers-10
    const { name, quota, windowSeconds } = error.details.policy;
    reply
      .header('ratelimit-policy', `"${name}";q=${quota};w=${windowSeconds}`)
      .header('ratelimit', `"${name}";r=0;t=${retryAfter(problem)}`);
  }
  // RFC 9110, 15.5.16: what would have been taken.
  if (problem.status === 415) reply.header('accept-encoding', 'identity');
  // The rest of a body that nobody reads is not waited for.
  if ((problem.status === 413 || problem.status === 415) && !request.raw.complete) reply.header('connection', 'close');
  reply.status(problem.status).type('application/problem+json').send(problem);
}
