import type { Actor, PlatformActor } from '@parley/domain';
import { DomainError } from '@parley/domain';
import type { CommandSpec } from '@parley/protocol';
import type { Socket } from 'socket.io';
import 'reflect-metadata';

const COMMANDS = Symbol('commands');

/** Who sends a command on `/chat` or `/admin`, and over which socket. */
export interface Caller<A = Actor | PlatformActor> {
  readonly actor: A;
  readonly socket: Socket;
}

interface Bound {
  readonly spec: CommandSpec;
  readonly method: string;
}

/** Binds a gateway's method `(caller, input)` to a row of the command table. */
export function OnSocket(spec: CommandSpec): MethodDecorator {
  return (target, method) => {
    const bound = (Reflect.getOwnMetadata(COMMANDS, target) as Bound[] | undefined) ?? [];
    Reflect.defineMetadata(COMMANDS, [...bound, { spec, method: String(method) }], target);
  };
}

export type Handler = (caller: Caller<never>, input: unknown) => Promise<object>;

export interface BoundCommand {
  readonly spec: CommandSpec;
  readonly handler: Handler;
}

/** All commands of the given gateways. Start-up fails when a row has no handler, or two. */
export function bindCommands(gateways: readonly object[], table: ReadonlyMap<string, CommandSpec>): ReadonlyMap<string, BoundCommand> {
  const bound = new Map<string, BoundCommand>();
  for (const gateway of gateways) {
    for (const { spec, method } of (Reflect.getMetadata(COMMANDS, Object.getPrototypeOf(gateway)) as Bound[] | undefined) ?? []) {
      const key = `${spec.namespace} ${spec.name}`;
      if (bound.has(key)) throw new Error(`the command ${key} has two handlers`);
      const run = (gateway as Record<string, Handler>)[method];
      if (!run) throw new Error(`the command ${key} has no handler`);
      bound.set(key, { spec, handler: (caller, input) => run.call(gateway, caller, input) });
    }
  }
  for (const key of table.keys()) if (!bound.has(key)) throw new Error(`the command ${key} has no handler`);
  return bound;
}

/** The error a malformed command gets. */
export const malformed = (detail: string): DomainError =>
  new DomainError('validation-failed', { detail, errors: [{ pointer: '', code: 'invalid', detail }] });
