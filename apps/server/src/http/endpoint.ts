import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import { DomainError } from '@parley/domain';
import { parseInput, type RouteSpec } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { callOf } from './call.js';

export const ROUTE = 'parley:route';

/** No route takes nearly as many; a hundred thousand would take long to name in a refusal (case 71). */
const FIELDS_MAX = 100;

const ActorParam = createParamDecorator(
  (_: unknown, context: ExecutionContext) => callOf(context.switchToHttp().getRequest<FastifyRequest>()).actor,
);

/** Path, query and body in one object, the path last, so that a body cannot override the room in the address. */
const InputParam = createParamDecorator((spec: RouteSpec, context: ExecutionContext) => {
  const { body, query, params } = context.switchToHttp().getRequest<FastifyRequest>();
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (body !== undefined && body !== null && !isObject) return parseInput(spec.input, body);
  if (isObject && Object.keys(body).length > FIELDS_MAX) throw new DomainError('validation-failed', { detail: 'too many fields' });
  return parseInput(spec.input, { ...(body as object | undefined), ...(query as object), ...(params as object) });
});

const ReplyParam = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Binds a controller's method `(actor, input, call)` to a row of the route table. */
export function Endpoint(spec: RouteSpec): MethodDecorator {
  const route = applyDecorators(
    RequestMapping({ path: spec.path, method: RequestMethod[spec.method] }),
    HttpCode(spec.status ?? 200),
    SetMetadata(ROUTE, spec),
  );
  return (target, method, descriptor) => {
    ActorParam()(target, method, 0);
    InputParam(spec)(target, method, 1);
    ReplyParam()(target, method, 2);
    route(target, method, descriptor);
  };
}
