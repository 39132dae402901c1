import type { Actor, CallInfo, PlatformActor } from '@parley/domain';
import type { FastifyRequest } from 'fastify';

/** What is known of a request beside its input. */
export interface Call {
  readonly info: CallInfo;
  readonly userAgent?: string;
  readonly startedAt: number;
  /** Set by the guard; undefined on public routes. */
  actor?: Actor | PlatformActor;
  /** The secret of the session cookie that authenticated it. */
  sessionSecret?: string;
  /** Success status other than the route's. */
  status?: number;
  /** Headers the answer carries besides. */
  readonly headers: Record<string, string>;
}

const CALLS = new WeakMap<FastifyRequest, Call>();

export const noteCall = (request: FastifyRequest, call: Call): void => void CALLS.set(request, call);

export function callOf(request: FastifyRequest): Call {
  const call = CALLS.get(request);
  if (!call) throw new Error('a request that was not noted');
  return call;
}
