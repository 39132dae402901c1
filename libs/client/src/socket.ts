import { type Args, type CommandSpec, type Out, type Problem, type Resume, type SessionReady, sessionCommands } from '@parley/protocol';
import { io, type Socket } from 'socket.io-client';
import {
  type CommandOptions,
  type Connection,
  type ConnectionEvents,
  type ConnectionState,
  type EphemeralEnvelope,
  tell,
} from './connection.js';
import { Emitter } from './emitter.js';
import { localProblem, ParleyError, problemFrom } from './http.js';
import { NodeFinder } from './node-finder.js';
import { Reconnect } from './reconnect.js';
import { backoffMs, systemTimers, type TimerHandle, type Timers } from './timers.js';
import { type TokenCallback, Tokens } from './tokens.js';
import { onWakeUp } from './wake-ups.js';

export interface ChatSocketOptions {
  /** Where the server is, as `https://chat.example.com`; a path in it is kept. */
  readonly url: string;
  /** Called at every connection attempt and before a token ends. */
  readonly token: TokenCallback;
  readonly device?: string;
  /** Positions for the handshake, asked at every attempt. */
  readonly resume?: () => Resume | undefined;
  /** Default: Socket.IO's own, polling first. */
  readonly transports?: ('polling' | 'websocket')[];
  readonly timers?: Timers;
  /** Ask the server before every attempt which of its nodes to connect to: where there is no load balancer. */
  readonly findsNode?: boolean;
}

/** From the attempt to `session.ready`, counted anew at each packet. */
const READY_TIMEOUT_MS = 30_000;
const RENEWALS = 3;
/** Refusals that pass; `quota-exceeded` with our own dead connections. All other codes in a refused handshake are final. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'rate-limited', 'quota-exceeded', 'slow-consumer', 'internal']);

/** One Socket.IO connection to `/chat` that comes back by itself until it is refused for good. */
export class ChatSocket implements Connection {
  private readonly emitter = new Emitter<ConnectionEvents>();
  private readonly timers: Timers;
  private readonly tokens: Tokens;
  private socket: Socket;
  private socketUrl: string;
  private readonly nodes?: NodeFinder;
  private present: ConnectionState = 'idle';
  private handshakeToken = '';
  /** Rises with every attempt and every end, so that late answers of an older one are not taken for news. */
  private attempt = 0;
  private hasRenewedExpired = false;
  private readonly reconnect: Reconnect;
  private watchdog?: TimerHandle;
  private renewal?: TimerHandle;
  private isRenewing = false;
  private stopWaking?: () => void;

  constructor(private readonly options: ChatSocketOptions) {
    this.timers = options.timers ?? systemTimers;
    this.reconnect = new Reconnect(this.timers, () => void this.open('connect'));
    this.tokens = new Tokens(options.token, this.timers, options.device);
    if (options.findsNode) this.nodes = new NodeFinder(options.url);
    this.socketUrl = options.url;
    this.socket = this.socketTo(options.url);
  }

  private socketTo(url: string): Socket {
    const { options } = this;
    const { origin, pathname } = new URL(url);
    const socket = io(`${origin}/chat`, {
      path: `${pathname.replace(/\/$/, '')}/socket.io`,
      auth: (give) => give({ token: this.handshakeToken, resume: options.resume?.() }),
      autoConnect: false,
      reconnection: false, // Ours knows refusals, planned closes and the server's wish when to return.
      forceNew: true,
      ...(options.transports ? { transports: options.transports } : {}),
    });
    socket.on('connect', () => this.watch());
    socket.on('disconnect', (reason) => reason !== 'io client disconnect' && this.lost());
    socket.on('connect_error', (error) => this.refused(error));
    socket.onAny((name: string, packet: unknown) => this.receive(name, packet));
    return socket;
  }

  get state(): ConnectionState {
    return this.present;
  }

  on<K extends keyof ConnectionEvents>(name: K, listener: (value: ConnectionEvents[K]) => void): () => void {
    return this.emitter.on(name, listener);
  }

  connect(): void {
    if (this.present === 'connecting' || this.present === 'online') return;
    this.stopWaking ??= onWakeUp(() => this.reconnect.nudge());
    void this.open('connect');
  }

  close(): void {
    this.stopWaking?.();
    this.stopWaking = undefined;
    this.drop('ended');
  }

  token(): Promise<string> {
    return this.tokens.current();
  }

  renewToken(expired: string): Promise<string> {
    return this.tokens.newerThan(expired);
  }

  command<S extends CommandSpec>(spec: S, input: Args<S>, { timeoutMs = 10_000 }: CommandOptions = {}): Promise<Out<S>> {
    if (!this.socket.connected) return Promise.reject(new ParleyError(localProblem('unavailable', 'not connected')));
    return new Promise((resolve, reject) => {
      this.socket.timeout(timeoutMs).emit(spec.name, input, (error: Error | null, answer: unknown) => {
        if (!error) return settle<Out<S>>(answer, resolve, reject);
        const code = this.socket.connected ? 'timeout' : 'unavailable';
        reject(new ParleyError(localProblem(code, `${spec.name}: ${error.message}`)));
      });
    });
  }

  private async open(reason: 'connect' | 'expired'): Promise<void> {
    this.stopTimers();
    this.reconnect.begin();
    this.attempt += 1;
    const { attempt } = this;
    this.become('connecting');
    try {
      const token = await this.tokens.fresh(reason);
      const url = (await this.nodes?.find()) ?? this.options.url;
      if (attempt !== this.attempt) return;
      this.handshakeToken = token;
      if (url !== this.socketUrl) this.moveTo(url);
      this.watch();
      this.socket.connect();
    } catch (error) {
      if (attempt === this.attempt) this.judge(error instanceof ParleyError ? error.problem : problemFrom(error));
    }
  }

  private moveTo(url: string): void {
    this.socket.off().offAny();
    this.socket.disconnect();
    this.socketUrl = url;
    this.socket = this.socketTo(url);
  }

  private receive(name: string, packet: unknown): void {
    this.watch();
    if (typeof packet !== 'object' || packet === null) return;
    switch (name) {
      case 'session.ready':
        return this.ready(packet as SessionReady);
      case 'session.reconnect':
        return this.comeBack((packet as { afterMs: number }).afterMs);
      case 'session.expiring':
        return void this.renew();
      case 'session.ended':
        return this.judge(packet as Problem);
      case 'room.head':
        return this.emitter.emit('head', packet as ConnectionEvents['head']);
      default:
        tell(packet as EphemeralEnvelope, (kind, value) => this.emitter.emit(kind, value));
    }
  }

  private ready(ready: SessionReady): void {
    this.stopTimers();
    this.reconnect.ready();
    this.nodes?.reached();
    this.become('online');
    this.emitter.emit('ready', ready);
  }

  private comeBack(afterMs: number): void {
    this.drop('waiting', () => this.reconnect.afterFarewell(afterMs));
  }

  private lost(retryAfterMs?: number): void {
    this.hasRenewedExpired = false;
    if (this.present === 'connecting') this.nodes?.failed();
    this.drop('waiting', () => this.reconnect.afterFailure(retryAfterMs));
  }

  private refused(error: Error & { data?: Partial<Problem> }): void {
    const { data } = error;
    if (typeof data?.code !== 'string') return this.lost();
    this.judge({ ...localProblem(data.code, error.message), ...data, retryable: data.retryable ?? PASSING.has(data.code) });
  }

  /** Final or not? An expired token is asked for anew, once in a row; then the clocks or the app's backend are wrong. */
  private judge(problem: Problem): void {
    if (problem.retryable || PASSING.has(problem.code)) return this.lost(problem.retryAfterMs);
    if (problem.code === 'token-expired' && (!this.hasRenewedExpired || this.reconnect.isStable)) {
      this.hasRenewedExpired = true;
      this.drop('waiting', () => void this.open('expired'));
      return;
    }
    this.close();
    this.emitter.emit('ended', problem);
  }

  /** Keeps the connection with a newer token. When that fails the server closes, and the next attempt asks again. */
  private async renew(): Promise<void> {
    if (this.isRenewing) return;
    const { attempt } = this;
    this.isRenewing = true;
    for (let tries = 0; tries < RENEWALS && attempt === this.attempt; tries += 1) {
      try {
        await this.command(sessionCommands.renew, { token: await this.tokens.fresh('expiring') });
        break;
      } catch (error) {
        if (!problemFrom(error).retryable) break;
        await new Promise<void>((resolve) => (this.renewal = this.timers.setTimeout(resolve, backoffMs(tries, this.timers.random))));
      }
    }
    if (attempt === this.attempt) this.isRenewing = false;
  }

  private watch(): void {
    if (this.present !== 'connecting') return;
    if (this.watchdog !== undefined) this.timers.clearTimeout(this.watchdog);
    this.watchdog = this.timers.setTimeout(() => this.lost(), READY_TIMEOUT_MS);
  }

  /** `next` is what `then` goes on from: it may begin another attempt at once. */
  private drop(next: 'waiting' | 'ended', then?: () => void): void {
    this.stopTimers();
    this.attempt += 1;
    this.isRenewing = false;
    this.become(next);
    this.socket.disconnect();
    if (then) then();
    else this.reconnect.stop();
  }

  private stopTimers(): void {
    for (const timer of [this.watchdog, this.renewal]) if (timer !== undefined) this.timers.clearTimeout(timer);
    this.watchdog = this.renewal = undefined;
  }

  private become(state: ConnectionState): void {
    if (this.present === state) return;
    this.present = state;
    this.emitter.emit('state', state);
  }
}

function settle<T>(answer: unknown, resolve: (result: T) => void, reject: (error: ParleyError) => void): void {
  const { ok, error, ...result } = (answer ?? {}) as { ok?: boolean; error?: Problem };
  if (ok === true) return resolve(result as T);
  reject(new ParleyError(error ?? { ...localProblem('internal', 'an answer without meaning'), retryable: false }));
}
