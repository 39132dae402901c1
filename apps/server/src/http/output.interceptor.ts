import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { RouteSpec } from '@parley/protocol';
import { routeTable } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Telemetry } from '../telemetry/telemetry.js';
import { callOf } from './call.js';
import { ROUTE } from './endpoint.js';

export const NAMES: ReadonlyMap<RouteSpec, string> = new Map([...routeTable].map(([name, spec]) => [spec, name]));

/** Output is whitelisted a second time: what the route's schema does not name does not leave. */
@Injectable()
export class OutputInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly telemetry: Telemetry,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const spec = this.reflector.get<RouteSpec | undefined>(ROUTE, context.getHandler());
    if (!spec) return next.handle();
    const call = callOf(context.switchToHttp().getRequest<FastifyRequest>());
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((result: unknown) => {
        if (call.status !== undefined) reply.status(call.status);
        for (const [name, value] of Object.entries(call.headers)) reply.header(name, value);
        this.telemetry.noteCall('rest', NAMES.get(spec) ?? spec.path, performance.now() - call.startedAt, 'ok');
        return spec.status === 204 ? undefined : spec.output.parse(result);
      }),
    );
  }
}
