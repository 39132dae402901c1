import type { ErrorCode, OperatorRole, Scope } from '@parley/domain';
import type { z } from 'zod';

/** Whose credential opens a route: a tenant's user, a tenant's server, an operator; `public` asks for none. */
export type Audience = 'public' | 'user' | 'key' | 'operator';

export interface RouteSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` segments; each is a field of `input`. Path, query and body merge with the path last. */
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly description?: string;
  /** Heading in the reference. */
  readonly tag: string;
  readonly audience: readonly Audience[];
  /** What an API key needs. */
  readonly scope?: Scope;
  /** The least role an operator needs; in the tenant of the path where there is one. */
  readonly role?: OperatorRole;
  readonly input: I;
  readonly output: O;
  /** Success status; 204 goes without a body. */
  readonly status?: 200 | 201 | 204;
  /** Does a POST take `Idempotency-Key`? */
  readonly idempotency?: 'key';
  /** Opens also before a required password change. */
  readonly beforePasswordChange?: boolean;
  /** How much of the caller's rate a call takes; 1 unless said. */
  readonly cost?: number;
  /** Refusals besides those every route has. */
  readonly errors?: readonly ErrorCode[];
}

export const route = <I extends z.ZodType, O extends z.ZodType>(spec: RouteSpec<I, O>): RouteSpec<I, O> => spec;

/** A command on a socket: one object and an ack `{ ok: true, ...result }` or `{ ok: false, error }`. */
export interface CommandSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly namespace: '/chat' | '/admin';
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  /** How much of the caller's rate it takes; 1 unless said. */
  readonly cost?: number;
  /** Refused first when the server has more to do than it can: nothing is lost by asking later. */
  readonly isPatient?: boolean;
  readonly errors?: readonly ErrorCode[];
}

export const command = <I extends z.ZodType, O extends z.ZodType>(spec: CommandSpec<I, O>): CommandSpec<I, O> => spec;

/** What the server sends. `envelope` events share one frame, `plain` ones are objects of their own. */
export interface EventSpec {
  readonly name: string;
  readonly namespace: '/chat' | '/admin';
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly log: 'room' | 'user' | 'none';
}

/** What a handler gets and gives. */
export type In<R extends { input: z.ZodType }> = z.output<R['input']>;
/** What a caller writes. */
export type Args<R extends { input: z.ZodType }> = z.input<R['input']>;
export type Out<R extends { output: z.ZodType }> = z.output<R['output']>;
