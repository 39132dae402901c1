import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { CLOSE, encodeFrame, FrameReader, PING, PONG_FRAME, TEXT } from './frames.ts';
import { connectPacket, HotPackets, parsePacket, PONG } from './packets.ts';

/** One for all sockets: what is read is taken before the next socket reads, and thousands of buffers would not fit a cache. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
/** As socket.io-client waits. */
const CONNECT_TIMEOUT_MS = 20_000;
const HEADERS_MAX = 16 * 1024;

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
}

export interface RawSocketOptions extends Address {
  readonly auth: object;
  /** An event or ack, also before `session.ready`; the bytes are valid only during the call. */
  readonly onPacket: (bytes: Buffer, start: number, end: number) => void;
  /** What `session.ready` told. */
  readonly onReady?: (told: unknown) => void;
  readonly onClose: (reason: string) => void;
}

/** The server said no, in so many words. */
export class Refusal extends Error {
  /** When it would have us back, where it says so. */
  readonly retryAfterMs: number | undefined;

  constructor(data: unknown) {
    super(`the namespace refused: ${JSON.stringify(data)}`);
    const told = typeof data === 'object' && data !== null && 'data' in data ? data.data : undefined;
    const wait = typeof told === 'object' && told !== null && 'retryAfterMs' in told ? told.retryAfterMs : undefined;
    this.retryAfterMs = typeof wait === 'number' ? wait : undefined;
  }
}

/** A Socket.IO connection over a bare TCP socket: upgrade, handshake, heartbeat; the rest goes to `onPacket` as bytes. */
export class RawSocket {
  private readonly socket: Socket;
  private readonly options: RawSocketOptions;
  private readonly frames = new FrameReader((opcode, bytes, start, end) => this.frame(opcode, bytes, start, end));
  private headers: Buffer | undefined = Buffer.alloc(0);
  private readonly hot: HotPackets;
  private isReady = false;
  private isClosing = false;
  private readonly ready = Promise.withResolvers<void>();

  private constructor(options: RawSocketOptions) {
    this.options = options;
    this.hot = new HotPackets(options.namespace, 'session.ready');
    this.socket = createConnection({
      host: options.host,
      port: options.port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (length) => this.read(READ_BUFFER.subarray(0, length)) },
    });
    this.socket.on('connect', () => this.socket.write(upgradeRequest(options)));
    this.socket.on('error', (error) => this.fail(error.message));
    this.socket.on('close', () => this.fail('closed by the server'));
  }

  /** Resolves at `session.ready`; rejects with `Refusal` where the server refused. */
  static async connect(options: RawSocketOptions): Promise<RawSocket> {
    const raw = new RawSocket(options);
    const timer = setTimeout(() => raw.fail(`not ready within ${CONNECT_TIMEOUT_MS} ms`), CONNECT_TIMEOUT_MS);
    try {
      await raw.ready.promise;
      return raw;
    } finally {
      clearTimeout(timer);
    }
  }

  send(packet: string): void {
    this.socket.write(encodeFrame(packet));
  }

  /** Collects what `write` sends into one system call. */
  batch(write: () => void): void {
    this.socket.cork();
    write();
    this.socket.uncork();
  }

  close(): void {
    this.isClosing = true;
    this.socket.destroy();
  }

  private read(chunk: Buffer): boolean {
    try {
      this.batch(() => this.take(chunk));
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
    return true;
  }

  private take(chunk: Buffer): void {
    if (this.headers === undefined) return this.frames.push(chunk);
    const headers = Buffer.concat([this.headers, chunk]);
    const end = headers.indexOf('\r\n\r\n');
    if (end < 0 && headers.length > HEADERS_MAX) throw new Error('no end of the upgrade headers');
    this.headers = end < 0 ? headers : undefined;
    if (end < 0) return;
    const status = headers.toString('latin1', 0, headers.indexOf('\r\n'));
    if (!status.includes(' 101 ')) throw new Error(`the upgrade was answered with ${status}`);
    if (headers.length > end + 4) this.frames.push(headers.subarray(end + 4));
  }

  private frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === PING) this.socket.write(encodeFrame(bytes.subarray(start, end), PONG_FRAME));
    else if (opcode === CLOSE) this.fail('a close frame');
    else if (opcode === TEXT && end - start === 1 && bytes[start] === 0x32) this.send(PONG);
    else if (opcode === TEXT && (this.isReady || this.isReplayed(bytes, start, end))) this.options.onPacket(bytes, start, end);
    else if (opcode === TEXT) this.handshake(bytes.toString('utf8', start, end));
  }

  /** What was missed comes before `session.ready`. */
  private isReplayed(bytes: Buffer, start: number, end: number): boolean {
    return bytes[start] === 0x34 && bytes[start + 1] === 0x32 && !this.hot.isEvent(bytes, start, end);
  }

  private handshake(text: string): void {
    const packet = parsePacket(text);
    if (packet.kind === 'open') this.send(connectPacket(this.options.namespace, this.options.auth));
    if (packet.kind === 'connect-error') this.fail(new Refusal(packet.data));
    if (packet.kind === 'event' && packet.args[0] === 'session.ready') {
      this.isReady = true;
      this.options.onReady?.(packet.args[1]);
      this.ready.resolve();
    }
  }

  private fail(reason: string | Error): void {
    if (this.isClosing) return;
    this.close();
    const error = reason instanceof Error ? reason : new Error(reason);
    if (this.isReady) this.options.onClose(error.message);
    else this.ready.reject(error);
  }
}

function upgradeRequest({ host, port }: Address): string {
  return [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n');
}
