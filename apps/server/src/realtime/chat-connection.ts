import {
  DomainError,
  ToldPositions,
  type CloseReason,
  type Connection,
  type EncodedPacket,
  type ErrorDetails,
  type UserKey,
} from '@parley/domain';
import { presentProblem } from '@parley/protocol';
import type { Socket } from 'socket.io';
import { atEndOfTurn } from './end-of-turn.js';

/** Packets and bytes a socket may have waiting before it counts as one that does not read (G20). */
const PACKETS_MAX = 1_000;
const BYTES_MAX = 1_048_576;
const COPIED_MAX = 2_048;

interface TcpSocket {
  readonly writableLength: number;
  cork(): void;
  uncork(): void;
  write(data: Uint8Array): boolean;
}

/** What we use of engine.io's socket. */
interface EngineSocket {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly name: string; readonly socket?: { readonly _socket?: TcpSocket; terminate(): void } };
  write(data: string, options: object): void;
  close(discard?: boolean): void;
  on(event: 'flush', listener: () => void): void;
}

const END_CODES = {
  banned: 'banned',
  deactivated: 'token-invalid',
  'tenant-suspended': 'tenant-suspended',
  'key-revoked': 'token-invalid',
} as const;

/**
 * A user's connection on `/chat`. Until it is opened events wait, so that `session.ready` comes before anything newer
 * than the heads it tells. What one turn of the event loop has for it, answers and events, leaves in one system call.
 */
export class ChatConnection implements Connection {
  readonly rooms = new Set<string>();
  readonly told = new ToldPositions();
  /** The app says that nobody looks at it. */
  isInBackground = false;
  private activeAt = performance.now();
  private pending: EncodedPacket[] = [];
  /** Until `session.ready` is told. */
  private isHeld = true;
  private isScheduled = false;
  private isEnded = false;
  /** Given to the transport and perhaps not yet with the operating system. */
  private unreadPackets = 0;
  private unreadBytes = 0;
  private pendingPackets = 0;
  /** A long replay is not held against who is still reading it. */
  private greetingPackets = 0;
  private greetingBytes = 0;
  private pendingBytes = 0;
  private readonly engine: EngineSocket;

  constructor(
    readonly socket: Socket,
    readonly user: UserKey,
    readonly userVersion: number,
    public signingKeyId: string | undefined,
  ) {
    this.engine = socket.conn as unknown as EngineSocket;
    // Over polling, what waits leaves with the client's next request.
    this.engine.on('flush', () => this.noteUnread(0));
  }

  send(packet: EncodedPacket): void {
    if (this.isEnded) return;
    this.pending.push(packet);
    this.pendingPackets += packet.texts.length;
    this.pendingBytes += packet.frames.length;
    if (!this.isHeld) this.schedule();
    else if (this.pendingPackets > PACKETS_MAX || this.pendingBytes > BYTES_MAX) this.lose();
  }

  /** The answer to a command; it does not wait for `session.ready`. */
  answer(packet: EncodedPacket): void {
    this.activeAt = performance.now();
    if (!this.isHeld) this.send(packet);
    else if (!this.isEnded) this.engineWrite(packet);
  }

  /** From now on events go out at the end of each turn; before them `greeting`, then what waited. */
  open(greeting: readonly EncodedPacket[]): void {
    this.isHeld = false;
    this.pending.unshift(...greeting);
    for (const { texts, frames } of greeting) {
      this.greetingPackets += texts.length;
      this.greetingBytes += frames.length;
    }
    this.pendingPackets += this.greetingPackets;
    this.pendingBytes += this.greetingBytes;
    this.flush();
  }

  get isOpen(): boolean {
    return !this.isHeld;
  }

  get idleMs(): number {
    return this.isInBackground ? Infinity : performance.now() - this.activeAt;
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    atEndOfTurn(this);
  }

  flush(): void {
    this.isScheduled = false;
    const { pending, engine } = this;
    if (pending.length === 0) return;
    if (this.isEnded || engine.readyState !== 'open') return this.forget();
    const tcp = engine.transport.name === 'websocket' ? engine.transport.socket?._socket : undefined;
    if (tcp) this.noteUnread(tcp.writableLength);
    if (this.isTooMuch()) return this.lose();
    this.unreadPackets += this.pendingPackets;
    this.unreadBytes += this.pendingBytes;
    this.forget();
    // Behind what engine.io keeps back, and over polling, packets go its way, or they would overtake.
    if (tcp && engine.writeBuffer.length === 0) writeAll(tcp, pending);
    else for (const packet of pending) this.engineWrite(packet);
  }

  private engineWrite({ texts }: EncodedPacket): void {
    for (const text of texts) this.engine.write(text, { compress: false });
  }

  /** Of what was given to the transport, so many bytes are still with this process. */
  private noteUnread(bytes: number): void {
    const hasRead = this.unreadBytes > 0 && bytes === 0;
    this.unreadPackets = bytes === 0 || this.unreadBytes === 0 ? 0 : Math.ceil((this.unreadPackets * bytes) / this.unreadBytes);
    this.unreadBytes = bytes;
    if (!hasRead) return;
    this.greetingPackets = 0;
    this.greetingBytes = 0;
  }

  /** One turn may bring a whole commit: twice as much is no fault of a connection that has read everything before. */
  private isTooMuch(): boolean {
    const patience = this.unreadBytes === 0 ? 2 : 1;
    return (
      this.unreadPackets + this.pendingPackets > PACKETS_MAX * patience + this.greetingPackets ||
      this.unreadBytes + this.pendingBytes > BYTES_MAX * patience + this.greetingBytes
    );
  }

  private forget(): void {
    this.pending = [];
    this.pendingPackets = 0;
    this.pendingBytes = 0;
  }

  /** The socket is gone. */
  stop(): void {
    this.isEnded = true;
    this.forget();
  }

  lose(): void {
    this.stop();
    const { transport } = this.engine;
    // A WebSocket would wait for the other side to read and to close, with all that is queued for it.
    if (transport.name === 'websocket' && transport.socket) transport.socket.terminate();
    else this.engine.close(true);
  }

  /** Closes for good: a stock client does not come back after a disconnect by the server. */
  end(reason: CloseReason, details?: ErrorDetails): void {
    this.endWith(new DomainError(END_CODES[reason], details));
  }

  endWith(error: DomainError): void {
    if (this.isEnded) return;
    if (!this.isHeld) this.flush();
    this.socket.emit('session.ended', presentProblem(error, ''));
    this.stop();
    this.socket.disconnect(false);
  }
}

/** Small pieces are copied together, which is cheaper than handing the system a list of them; large ones are shared as they are. */
function writeAll(tcp: TcpSocket, packets: readonly EncodedPacket[]): void {
  const pieces: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const copySmall = (): void => {
    const [only] = small;
    if (only) pieces.push(small.length === 1 ? only : Buffer.concat(small));
    small = [];
  };
  for (const { frames } of packets) {
    if (frames.length <= COPIED_MAX) small.push(frames);
    else {
      copySmall();
      pieces.push(frames);
    }
  }
  copySmall();
  const [only] = pieces;
  if (only && pieces.length === 1) {
    tcp.write(only);
    return;
  }
  tcp.cork();
  for (const piece of pieces) tcp.write(piece);
  tcp.uncork();
}
