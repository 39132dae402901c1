import { DomainError } from '@parley/domain';
import { parseInput, presentProblem, type CommandSpec } from '@parley/protocol';
import type { Socket } from 'socket.io';
import type { BoundCommand, Caller } from './on-socket.js';
import { malformed } from './on-socket.js';
import { Pace } from './pace.js';

export interface DispatchOptions {
  readonly commandsPerSecond: number;
  readonly onError: (error: unknown, command: string) => void;
  readonly onDone: (command: string, milliseconds: number, code: string) => void;
  readonly requestId: () => string;
}

type Ack = (answer: object) => void;

/** This many more refusals for pace than commands served, and the socket is closed (case 87). */
const PATIENCE = 200;

/**
 * Serves the commands of one socket: parse, call, answer. Every failure is an answer; nothing thrown here reaches the
 * process (PROMISES 0.9c).
 */
export function serve(
  socket: Socket,
  namespace: CommandSpec['namespace'],
  commands: ReadonlyMap<string, BoundCommand>,
  actor: () => unknown | Promise<unknown>,
  options: DispatchOptions,
): void {
  const pace = new Pace(options.commandsPerSecond, options.commandsPerSecond * 4);
  let refusedForPace = 0;
  socket.onAny((name: unknown, ...args: unknown[]) => {
    const last = args.at(-1);
    const ack: Ack = typeof last === 'function' ? (last as Ack) : () => undefined;
    const refuse = (error: DomainError): void => ack({ ok: false, error: presentProblem(error, options.requestId()) });
    const wait = pace.take();
    if (wait !== undefined) {
      refusedForPace += 1;
      refuse(new DomainError('rate-limited', { retryAfterMs: wait }));
      if (refusedForPace > PATIENCE) socket.disconnect(true);
      return;
    }
    refusedForPace = Math.max(0, refusedForPace - 1);
    const command = commands.get(`${namespace} ${String(name)}`);
    if (!command) return refuse(new DomainError('not-found', { detail: 'no such command' }));
    const [payload, ...more] = typeof last === 'function' ? args.slice(0, -1) : args;
    if (more.length > 0) return refuse(malformed('a command takes one object'));
    void run(command, payload, socket, actor, options).then(ack);
  });
}

async function run(
  command: BoundCommand,
  payload: unknown,
  socket: Socket,
  actor: () => unknown,
  options: DispatchOptions,
): Promise<object> {
  const { spec, handler } = command;
  const started = performance.now();
  try {
    const input = parseInput(spec.input, payload ?? {});
    const who = actor();
    // Users are known without waiting, so that commands keep their order; operators are judged anew.
    const caller = { actor: who instanceof Promise ? await who : who, socket } as Caller<never>;
    const result = spec.output.parse(await handler(caller, input)) as object;
    options.onDone(spec.name, performance.now() - started, 'ok');
    return { ok: true, ...result };
  } catch (error) {
    const refusal = error instanceof DomainError ? error : new DomainError('internal');
    if (refusal.code === 'internal') options.onError(error, spec.name);
    options.onDone(spec.name, performance.now() - started, refusal.code);
    return { ok: false, error: presentProblem(refusal, options.requestId()) };
  }
}
