import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { until } from '../server/processes.ts';

/** A WebSocket by hand (RFC 6455): it reads when it is let, and sends what it is told, byte by byte if need be. */
export class RawClient {
  readonly socket: Socket;
  isClosed = false;
  private text = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString('latin1')).slice(-20_000)));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  /** A member of its rooms, as a stock client would be after `session.ready`. */
  static async join(port: number, token: string): Promise<RawClient> {
    const client = await RawClient.connect(port);
    await client.upgrade();
    client.socket.write(frame(`40/chat,${JSON.stringify({ token })}`));
    await until('a raw client is in', 10_000, () => client.text.includes('session.ready'));
    return client;
  }

  async upgrade(): Promise<void> {
    const key = randomBytes(16).toString('base64');
    const headers = `Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}`;
    this.socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${headers}\r\n\r\n`);
    await until('the protocol is switched', 10_000, () => this.text.includes('101 Switching'));
  }
}

/** A masked text frame; the mask is zero, so that it reads as what it is. */
export function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126 ? Buffer.from([0x81, 0x80 | body.length]) : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), body]);
}
