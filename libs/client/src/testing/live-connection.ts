import { type Args, type CommandSpec, type Out, type Resume, type RoomHead, syncCommands } from '@parley/protocol';
import { type Connection, type ConnectionEvents, type ConnectionState, type EphemeralEnvelope, tell } from '../connection.js';
import { Emitter } from '../emitter.js';
import { localProblem, ParleyError } from '../http.js';
import type { FakeNet } from './fake-connection.js';
import type { Line, LivePacket } from './live-fanout.js';
import type { LiveServer } from './live-server.js';

/** A connection to the living server over a bad network: packets are lost, doubled, late and out of turn, answers get lost. */
export class LiveConnection implements Connection {
  private readonly emitter = new Emitter<ConnectionEvents>();
  private present: ConnectionState = 'idle';
  private session = 0;
  private line?: Line;
  private syncs = 0;
  private syncingIn = 0;
  /** What came before `session.ready` was sent. */
  private held: (() => void)[] | undefined;
  private readonly breaking = new Set<() => void>();

  constructor(
    private readonly userId: string,
    private readonly server: LiveServer,
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
    const line = this.server.line(this.userId, {
      send: (packet) => this.live(session, 'event', () => this.take(packet), isLogged(packet) ? this.net.copies() : 1),
      head: (head) => this.live(session, 'head', () => this.emitter.emit('head', head), 1),
      lose: () => this.drop(),
    });
    [this.line, this.held] = [line, []];
    const { missed, ready } = await this.server.welcome(this.userId, line, this.resume());
    await this.net.pass('ready');
    if (session !== this.session) return;
    for (const packet of missed) this.take(packet);
    this.become('online');
    this.emitter.emit('ready', ready);
    const held = this.held ?? [];
    this.held = undefined;
    for (const send of held) send();
  }

  private take(packet: LivePacket): void {
    tell(packet as EphemeralEnvelope, (kind, value) => this.emitter.emit(kind, value));
  }

  /** Arrives when it arrives, but never on a later connection. */
  private live(session: number, what: string, deliver: () => void, copies: number): void {
    if (session !== this.session) return;
    const send = (): void => {
      for (let copy = copies; copy > 0; copy -= 1) void this.net.pass(what).then(() => session === this.session && deliver());
    };
    if (this.held) this.held.push(send);
    else send();
  }

  /** The server tells all heads of its user's rooms: what it does slowly always. */
  sweep(head: RoomHead): void {
    this.live(this.session, 'head', () => this.emitter.emit('head', head), 1);
  }

  async token(): Promise<string> {
    return 'token';
  }

  async renewToken(): Promise<string> {
    return 'token';
  }

  command<S extends CommandSpec>(spec: S, input: Args<S>): Promise<Out<S>> {
    if (this.present !== 'online') return Promise.reject(new ParleyError(localProblem('unavailable', 'not connected')));
    const { session } = this;
    if (spec.name === syncCommands.sync.name) this.syncing(session, 1);
    return new Promise<Out<S>>((resolve, reject) => {
      const broken = (): void => reject(new ParleyError(localProblem('unavailable', 'disconnected')));
      this.breaking.add(broken);
      void this.exchange(spec, input)
        .then((answer) => resolve(answer as Out<S>), reject)
        .finally(() => this.breaking.delete(broken));
    }).finally(() => spec.name === syncCommands.sync.name && this.syncing(session, -1));
  }

  /** What is missing is asked for under a lock: never twice at the same time. */
  private syncing(session: number, change: 1 | -1): void {
    if (session !== this.session) return;
    this.syncs = (change === 1 && this.syncingIn !== session ? 0 : this.syncs) + change;
    this.syncingIn = session;
    if (this.syncs > 1) this.server.bugs.push(new Error('two syncs at once'));
  }

  /** What has reached the server is done, whether or not the answer finds its way back. */
  private async exchange(spec: CommandSpec, input: unknown): Promise<unknown> {
    const { session, line, server } = this;
    await this.net.pass(spec.name);
    if (session !== this.session && !this.net.losesAnswer()) return undefined; // It never got there.
    try {
      const answer = await server.command(this.userId, line, spec, input);
      await this.net.pass(`${spec.name} answer`);
      if (this.net.losesAnswer()) throw new ParleyError(localProblem('timeout', spec.name));
      return answer;
    } catch (error) {
      await this.net.pass(`${spec.name} refusal`);
      throw error;
    }
  }

  private break(next: 'waiting' | 'ended'): void {
    this.session += 1;
    if (this.line) this.server.fanout.remove(this.line);
    this.line = this.held = undefined;
    this.become(next);
    for (const broken of [...this.breaking]) broken();
    this.breaking.clear();
  }

  private become(state: ConnectionState): void {
    if (this.present === state) return;
    this.present = state;
    this.emitter.emit('state', state);
  }
}

/** Only these are healed. What is kept in no log is not lost while a connection stands, and is asked for with the next. */
const isLogged = (packet: LivePacket): boolean => 'pts' in packet || 'userPts' in packet;
