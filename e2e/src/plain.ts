import type { Message, Problem, RoomEnvelope, SessionReady, UserEnvelope } from '@parley/protocol';
import { io, type Socket } from 'socket.io-client';
import { until } from './until.ts';

export const ACK_MS = 10_000;
export type Ack<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: Problem };
export type SendAck = Ack<{ readonly message: Message; readonly deduplicated: boolean }>;
type Seen = RoomEnvelope | UserEnvelope;

/** A user with the stock client and nothing else; remembers what came. */
export class PlainUser {
  readonly events: Seen[] = [];
  readonly refusals: Problem[] = [];
  readonly endings: Problem[] = [];
  readonly socket: Socket;
  ready: SessionReady | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('session.ready', (ready: SessionReady) => (this.ready = ready));
    socket.on('session.ended', (problem: Problem) => this.endings.push(problem));
    socket.on('connect_error', (error: Error & { readonly data?: Problem }) => error.data && this.refusals.push(error.data));
    socket.onAny((_: string, packet: unknown) => isEnvelope(packet) && this.events.push(packet));
  }

  /** Connects with no option but the token, and waits for `session.ready`. */
  static async connect(url: string, token: string, more: { readonly transports?: string[] } = {}): Promise<PlainUser> {
    const user = new PlainUser(io(`${url}/chat`, { auth: { token }, ...more }));
    await until('session.ready', () => user.ready !== undefined);
    return user;
  }

  /** One command; rejects when no ack comes. */
  async command<T>(name: string, body: object): Promise<Ack<T>> {
    return (await this.socket.timeout(ACK_MS).emitWithAck(name, body)) as Ack<T>;
  }

  /** Says something that must be accepted. */
  async say(roomId: string, text: string, clientMessageId: string = crypto.randomUUID()): Promise<Message> {
    const ack: SendAck = await this.command('message.send', { roomId, clientMessageId, text });
    if (!ack.ok) throw new Error(`refused: ${JSON.stringify(ack.error)}`);
    return ack.message;
  }

  /** The code of the refusal of a message, or `ok`. */
  async codeOfSaying(roomId: string, text: string): Promise<string> {
    const ack: SendAck = await this.command('message.send', { roomId, clientMessageId: crypto.randomUUID(), text });
    return ack.ok ? 'ok' : ack.error.code;
  }

  texts(roomId: string): readonly (string | undefined)[] {
    return this.events.flatMap((event) => (event.type === 'message.created' && event.roomId === roomId ? [event.data.message.text] : []));
  }

  /** The first event that fits. */
  seen(what: string, fits: (event: Seen) => boolean): Promise<Seen> {
    return until(what, () => this.events.find(fits));
  }

  /** By now everybody who was to receive it was written to. */
  echo(message: Message): Promise<Seen> {
    return this.seen('the echo', (event) => event.type === 'message.created' && event.data.message.id === message.id);
  }

  close(): void {
    this.socket.disconnect();
  }
}

function isEnvelope(packet: unknown): packet is Seen {
  return typeof packet === 'object' && packet !== null && 'type' in packet && 'tenantId' in packet && 'data' in packet;
}
