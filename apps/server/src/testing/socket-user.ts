import type { Problem, SessionReady } from '@parley/protocol';
import { io, type Socket } from 'socket.io-client';
import { until } from './until.js';

export interface Ack {
  readonly ok: boolean;
  readonly error?: Problem;
  readonly [field: string]: unknown;
}

export interface Seen {
  readonly name: string;
  readonly data: Envelope;
}

/** What events have in common, and what tests look at. */
export interface Envelope {
  readonly type?: string;
  readonly roomId?: string;
  readonly pts?: number;
  readonly userPts?: number;
  readonly code?: string;
  readonly data?: {
    readonly message?: { readonly id: string; readonly text?: string; readonly seq: number };
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface SocketOptions {
  readonly namespace?: '/chat' | '/admin';
  readonly auth?: object;
  readonly transports?: readonly ('polling' | 'websocket')[];
  readonly headers?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 10_000;

/** A stock `socket.io-client` that keeps everything it was sent, in order. It does not come back by itself. */
export class SocketUser {
  readonly seen: Seen[] = [];
  /** Why it was refused, as `connect_error` tells it. */
  refusal?: Problem;
  /** Why it was closed. */
  closed?: string;

  private constructor(readonly socket: Socket) {
    socket.onAny((name: string, data: Envelope) => this.seen.push({ name, data }));
    socket.on('connect_error', (error: Error & { data?: Problem }) => {
      this.refusal = error.data;
      this.closed ??= error.message;
    });
    socket.on('disconnect', (reason) => (this.closed = reason));
  }

  /** Connecting; whether it may is not known yet. */
  static dial(url: string, { namespace = '/chat', auth = {}, transports = ['websocket'], headers }: SocketOptions): SocketUser {
    return new SocketUser(
      io(`${url}${namespace}`, {
        auth,
        transports: [...transports],
        forceNew: true,
        reconnection: false,
        ...(headers ? { extraHeaders: { ...headers } } : {}),
      }),
    );
  }

  /** On `/chat` and past `session.ready`. */
  static async enter(url: string, token: string, more: Omit<SocketOptions, 'namespace'> & { resume?: object } = {}): Promise<SocketUser> {
    const { resume, ...options } = more;
    const user = SocketUser.dial(url, { ...options, auth: { token, ...(resume ? { resume } : {}) } });
    await until('session.ready', () => user.all('session.ready').length > 0 || (user.closed !== undefined && refused(user)), PATIENCE_MS);
    return user;
  }

  /** Refused at the door: the problem it was told. */
  static async refused(url: string, options: SocketOptions): Promise<Problem> {
    const user = SocketUser.dial(url, options);
    const problem = await until('a refusal', () => user.refusal, PATIENCE_MS);
    user.leave();
    return problem;
  }

  ask(name: string, ...payload: readonly unknown[]): Promise<Ack> {
    return this.socket.timeout(PATIENCE_MS).emitWithAck(name, ...payload) as Promise<Ack>;
  }

  all(name: string): readonly Envelope[] {
    return this.seen.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** Waits for an event that fits. */
  see(name: string, fits: (data: Envelope) => boolean = () => true, withinMs = 5_000): Promise<Envelope> {
    return until(`${name}; seen: ${this.seen.map((event) => event.name).join(' ')}`, () => this.all(name).find(fits), withinMs);
  }

  get ready(): SessionReady {
    const [ready] = this.all('session.ready');
    if (!ready) throw new Error('not ready');
    return ready as unknown as SessionReady;
  }

  /** Names of what it was sent, in order; without heads, which the beacon tells whenever it comes round. */
  get told(): readonly string[] {
    return this.seen.filter(({ name, data }) => !(name === 'room.head' && 'heads' in data)).map(({ name }) => name);
  }

  /** Texts of the messages it was sent, in order. */
  get texts(): readonly (string | undefined)[] {
    return this.all('message.created').map(({ data }) => data?.message?.text);
  }

  leave(): void {
    this.socket.disconnect();
  }
}

function refused({ refusal, closed }: SocketUser): never {
  throw new Error(`refused: ${refusal?.code ?? closed ?? 'unknown'}`);
}
