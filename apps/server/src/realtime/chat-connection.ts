import { DomainError, type CloseReason, type Connection, type EncodedPacket, type ErrorDetails, type UserKey } from '@parley/domain';
import { presentProblem } from '@parley/protocol';
import type { Socket } from 'socket.io';

/** Packets and bytes a socket may have waiting before it counts as one that does not read (G20). */
const PACKETS_MAX = 1_000;
const BYTES_MAX = 1_048_576;

/** What we use of engine.io's socket. */
interface EngineSocket {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly name: string; readonly socket?: { readonly _socket?: { readonly writableLength: number } } };
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
 * than the heads it tells.
 */
export class ChatConnection implements Connection {
  readonly rooms = new Set<string>();
  userPts = 0;
  private held: EncodedPacket[] | undefined = [];
  private isEnded = false;
  /** Of events that engine.io keeps until what it handed to the transport before has left. */
  private waitingBytes = 0;
  private readonly engine: EngineSocket;

  constructor(
    readonly socket: Socket,
    readonly user: UserKey,
    public signingKeyId: string | undefined,
  ) {
    this.engine = socket.conn as unknown as EngineSocket;
    this.engine.on('flush', () => (this.waitingBytes = 0));
  }

  send(packet: EncodedPacket): void {
    if (this.held) this.held.push(packet);
    else this.write(packet);
  }

  /** From now on events go out at once; what waited goes first. */
  open(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const packet of held) this.write(packet);
  }

  private write({ text, frame }: EncodedPacket): void {
    const { engine } = this;
    if (engine.readyState !== 'open' || this.isEnded) return;
    if (
      engine.writeBuffer.length > PACKETS_MAX ||
      this.waitingBytes + (engine.transport.socket?._socket?.writableLength ?? 0) > BYTES_MAX
    ) {
      this.isEnded = true;
      // The transport closes without a goodbye: a stock client comes back by itself and heals by difference.
      engine.close(true);
      return;
    }
    engine.write(text, { compress: false, wsPreEncodedFrame: [frame] });
    if (engine.writeBuffer.length > 0) this.waitingBytes += frame.length;
  }

  /** Closes for good: a stock client does not come back after a disconnect by the server. */
  end(reason: CloseReason, details?: ErrorDetails): void {
    this.endWith(new DomainError(END_CODES[reason], details));
  }

  endWith(error: DomainError): void {
    if (this.isEnded) return;
    this.socket.emit('session.ended', presentProblem(error, ''));
    this.isEnded = true;
    this.socket.disconnect(false);
  }
}
