import { CallRates, DomainError, rateLimited, type Actor, type Charge, type PlatformActor } from '@parley/domain';
import { parseInput, presentProblem, type CommandSpec } from '@parley/protocol';
import type { Socket } from 'socket.io';
import { cutOff, isBehind } from './backlog.js';
import type { BoundCommand, Caller } from './on-socket.js';
import { malformed } from './on-socket.js';
import type { Overload } from '../telemetry/overload.js';
import { Pace } from './pace.js';

export interface DispatchOptions {
  readonly commandsPerSecond: number;
  readonly rates: CallRates;
  readonly overload: Overload;
  readonly onError: (error: unknown, command: string) => void;
  readonly onDone: (command: string, milliseconds: number, code: string) => void;
  readonly requestId: () => string;
}

type Ack = (answer: object) => void;
type Who = () => Actor | PlatformActor | Promise<Actor | PlatformActor>;

/** This many more refusals for pace than commands served, and the socket is closed (case 87). */
const PATIENCE = 200;

/** Serves the commands of one socket. */
export function serve(
  socket: Socket,
  namespace: CommandSpec['namespace'],
  commands: ReadonlyMap<string, BoundCommand>,
  actor: Who,
  options: DispatchOptions,
): void {
  const served = new ServedSocket(socket, namespace, commands, actor, options);
  SERVED.set(socket, served);
  socket.onAny((name: unknown, ...args: unknown[]) => served.take(name, args));
}

const SERVED = new WeakMap<Socket, ServedSocket>();

/** Resolves when nothing is left to answer on this socket; what it asks from now on is refused for now. */
export const whenIdle = (socket: Socket): Promise<void> => SERVED.get(socket)?.retire() ?? Promise.resolve();

/** Parse, call, answer. Every failure is an answer; nothing thrown here reaches the process (PROMISES 0.9c). */
class ServedSocket {
  private readonly pace: Pace;
  private readonly charge: Charge;
  private refusedForPace = 0;
  private known?: Actor | PlatformActor;
  private charges: readonly Charge[] = [];
  private isRetired = false;
  private unanswered = 0;
  private onIdle: () => void = () => undefined;

  constructor(
    private readonly socket: Socket,
    private readonly namespace: CommandSpec['namespace'],
    private readonly commands: ReadonlyMap<string, BoundCommand>,
    private readonly actor: Who,
    private readonly options: DispatchOptions,
  ) {
    const rate = { perSecond: options.commandsPerSecond, burst: options.commandsPerSecond * 4 };
    this.charge = { bucket: 'connection', rate };
    this.pace = new Pace(rate);
  }

  take(name: unknown, args: readonly unknown[]): void {
    const last = args.at(-1);
    const ack: Ack = typeof last === 'function' ? (last as Ack) : () => undefined;
    const wait = this.pace.take();
    if (wait !== undefined) return ack(this.refusal(rateLimited(this.charge, wait)));
    const command = this.commands.get(`${this.namespace} ${String(name)}`);
    if (!command) return ack(this.refusal(new DomainError('not-found', { detail: 'no such command' })));
    const [payload, ...more] = typeof last === 'function' ? args.slice(0, -1) : args;
    if (more.length > 0) return ack(this.refusal(malformed('a command takes one object')));
    if (this.isRetired) return ack(this.refusal(new DomainError('unavailable', { detail: 'this server is stopping', retryAfterMs: 500 })));
    if (isBehind(this.socket)) return cutOff(this.socket);
    this.unanswered += 1;
    void this.run(command, payload).then((answer) => {
      if (isBehind(this.socket)) cutOff(this.socket);
      else ack(answer);
      this.unanswered -= 1;
      if (this.unanswered === 0) this.onIdle();
    });
  }

  retire(): Promise<void> {
    this.isRetired = true;
    return this.unanswered === 0 ? Promise.resolve() : new Promise((done) => (this.onIdle = done));
  }

  private async run({ spec, handler }: BoundCommand, payload: unknown): Promise<object> {
    const { onDone, onError } = this.options;
    const started = performance.now();
    try {
      if (this.namespace === '/chat') this.options.overload.require(spec.isPatient ? 'fine' : 'busy');
      // Users are known without waiting, so that commands keep their order; operators are judged anew.
      const who = this.actor();
      const actor = who instanceof Promise ? await who : who;
      await this.options.rates.spend(this.chargesOf(actor), spec.cost);
      this.refusedForPace = Math.max(0, this.refusedForPace - 1);
      const input = parseInput(spec.input, payload ?? {});
      const caller = { actor, socket: this.socket } as Caller<never>;
      const result = spec.output.parse(await handler(caller, input)) as object;
      onDone(spec.name, performance.now() - started, 'ok');
      return { ok: true, ...result };
    } catch (error) {
      const refusal = error instanceof DomainError ? error : new DomainError('internal');
      if (refusal.code === 'internal') onError(error, spec.name);
      onDone(spec.name, performance.now() - started, refusal.code);
      return this.refusal(refusal);
    }
  }

  /** Whoever it is stays the same object for as long as nothing is renewed. */
  private chargesOf(actor: Actor | PlatformActor): readonly Charge[] {
    if (actor === this.known) return this.charges;
    const { rates } = this.options;
    const { ip } = actor.call;
    this.known = actor;
    this.charges = ip === undefined ? rates.chargesOf(actor) : [...rates.chargesOf(actor), rates.ofAddress(ip)];
    return this.charges;
  }

  private refusal(error: DomainError): object {
    if (error.code === 'rate-limited') this.losePatience();
    return { ok: false, error: presentProblem(error, this.options.requestId()) };
  }

  /** After the ack of this refusal, which leaves at the end of the turn. */
  private losePatience(): void {
    this.refusedForPace += 1;
    if (this.refusedForPace > PATIENCE) setImmediate(() => this.socket.disconnect(true));
  }
}
