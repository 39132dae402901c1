import type { Args, CommandSpec, Out, Resume, RoomEnvelope, UserEnvelope } from '@parley/protocol';
import type { Connection, ConnectionEvents, ConnectionState } from '../connection.js';
import { Emitter } from '../emitter.js';
import { localProblem, ParleyError } from '../http.js';
import type { FakeListener, FakeServer } from './fake-server.js';

/** The network's whims. `pass` resolves when a packet arrives: whoever gives it decides about the order. */
export interface FakeNet {
  readonly pass: (what: string) => Promise<unknown>;
  /** How often a live packet arrives: 0 = lost. */
  readonly copies: () => number;
  /** Is the answer to a command lost, although it was done? */
  readonly losesAnswer: () => boolean;
}

/** A connection to the in-memory server over a bad network. Comes back by itself until closed. */
export class FakeConnection implements Connection, FakeListener {
  private readonly emitter = new Emitter<ConnectionEvents>();
  private present: ConnectionState = 'idle';
  private session = 0;
  private waiting: (() => void)[] | undefined;
  private readonly breaking = new Set<() => void>();
  private readonly unread = new Set<() => unknown>();

  constructor(
    readonly userId: string,
    private readonly server: FakeServer,
    private readonly net: FakeNet,
    private readonly resume: () => Resume | undefined,
  ) {}

  get state(): ConnectionState {
    return this.present;
  }

  on<K extends keyof ConnectionEvents>(name: K, listener: (value: ConnectionEvents[K]) => void): () => void {
    return this.emitter.on(name, listener);
  }

  connect(): void {
    void this.open();
  }

  close(): void {
    this.break('ended');
  }

  /** The connection is gone; another one is tried. */
  drop(): void {
    if (this.present === 'ended') return;
    this.break('waiting');
    void this.open();
  }

  private async open(): Promise<void> {
    this.session += 1;
    const { session } = this;
    this.become('connecting');
    await this.net.pass('connect');
    if (session !== this.session) return;
    const { missed, ready } = this.server.welcome(this.userId, this.resume());
    this.waiting = [];
    this.server.listeners.add(this);
    await this.net.pass('ready');
    if (session !== this.session) return;
    for (const event of missed) this.emit(event);
    this.become('online');
    this.emitter.emit('ready', ready);
    const held = this.waiting ?? [];
    this.waiting = undefined;
    for (const send of held) send();
  }

  private emit(event: RoomEnvelope | UserEnvelope): void {
    if ('userPts' in event) this.emitter.emit('user', event);
    else this.emitter.emit('room', event);
  }

  room(event: RoomEnvelope): void {
    this.live(() => this.emitter.emit('room', event));
  }

  user(event: UserEnvelope): void {
    this.live(() => this.emitter.emit('user', event));
  }

  /** Arrives when it arrives: lost, doubled, out of turn, but never on a later connection. */
  private live(deliver: () => void): void {
    const { session } = this;
    const send = (): void => {
      for (let copy = this.net.copies(); copy > 0; copy -= 1) void this.net.pass('event').then(() => session === this.session && deliver());
    };
    if (this.waiting) this.waiting.push(send);
    else send();
  }

  /** The beacon always comes, some time. */
  beacon(): void {
    if (this.present === 'online') this.emitter.emit('head', this.server.beacon(this.userId));
  }

  async token(): Promise<string> {
    return 'token';
  }

  async renewToken(): Promise<string> {
    return 'token';
  }

  command<S extends CommandSpec>(spec: S, input: Args<S>): Promise<Out<S>> {
    if (this.present !== 'online') return Promise.reject(new ParleyError(localProblem('unavailable', 'not connected')));
    return new Promise((resolve, reject) => {
      const broken = (): void => reject(new ParleyError(localProblem('unavailable', 'disconnected')));
      this.breaking.add(broken);
      void this.exchange(spec.name, input as Record<string, unknown>)
        .then((answer) => resolve(answer as Out<S>), reject)
        .finally(() => this.breaking.delete(broken));
    });
  }

  /** What the server has got it does, whether or not the answer finds its way. */
  private async exchange(name: string, input: Record<string, unknown>): Promise<unknown> {
    const { session } = this;
    let isRead = false;
    const read = (): unknown => {
      if (isRead) return undefined;
      isRead = true;
      return structuredClone(this.server.handle(this.userId, name, input));
    };
    this.unread.add(read);
    await this.net.pass(name);
    this.unread.delete(read);
    if (session !== this.session) return undefined;
    try {
      const answer = read();
      await this.net.pass(`${name} answer`);
      if (this.net.losesAnswer()) throw new ParleyError(localProblem('timeout', name));
      return answer;
    } catch (error) {
      await this.net.pass(`${name} refusal`);
      throw error;
    }
  }

  private break(next: 'waiting' | 'ended'): void {
    this.session += 1;
    this.server.listeners.delete(this);
    this.waiting = undefined;
    this.become(next);
    for (const read of this.unread) if (this.net.losesAnswer()) attempt(read); // What the server had received, it still does.
    this.unread.clear();
    for (const broken of [...this.breaking]) broken();
    this.breaking.clear();
  }

  private become(state: ConnectionState): void {
    this.present = state;
    this.emitter.emit('state', state);
  }
}

function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // Nobody is there any more to be told.
  }
}
