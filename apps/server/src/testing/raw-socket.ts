import { randomBytes } from 'node:crypto';
import { connect, type Socket as Tcp } from 'node:net';
import { frameOf } from './frames.js';
import { until } from './until.js';

/** Engine.IO over a WebSocket, packet by packet: sends whatever it is told to, and keeps what comes. */
export class RawSocket {
  readonly packets: string[] = [];
  /** The code it was closed with. */
  closed?: number;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => this.note(String(data)));
    socket.addEventListener('close', ({ code }) => (this.closed = code));
  }

  /** Past the opening packet; on no namespace yet. */
  static async open(url: string): Promise<RawSocket> {
    const raw = new RawSocket(new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`));
    await raw.see((packet) => packet.startsWith('0{'));
    return raw;
  }

  /** On `/chat` and past `session.ready`. */
  static async enter(url: string, token: string): Promise<RawSocket> {
    const raw = await RawSocket.open(url);
    raw.send(`40/chat,${JSON.stringify({ token })}`);
    await raw.see((packet) => packet.startsWith('42/chat,["session.ready"'));
    return raw;
  }

  private note(packet: string): void {
    if (packet === '2') this.send('3');
    else this.packets.push(packet);
  }

  send(packet: string | Uint8Array<ArrayBuffer>): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(packet);
  }

  see(fits: (packet: string) => boolean, withinMs = 5_000): Promise<string> {
    return until(
      `a packet; closed: ${this.closed}; seen: ${this.packets.join(' ').slice(0, 500)}`,
      () => this.packets.find(fits),
      withinMs,
    );
  }

  async end(withinMs = 5_000): Promise<number> {
    return until('the end of the connection', () => this.closed, withinMs);
  }

  leave(): void {
    this.socket.close();
  }
}

/** A WebSocket on a bare TCP connection, for what no library would send, and for not reading. */
export async function bareSocket(
  url: string,
  headers = '',
): Promise<{ tcp: Tcp; frame(bytes: Buffer, opcode: number): void; ended(): boolean; received(): Buffer }> {
  const { hostname, port } = new URL(url);
  const tcp = connect(Number(port), hostname);
  let received = Buffer.alloc(0);
  let isEnded = false;
  tcp.on('data', (chunk) => (received = Buffer.concat([received, chunk])));
  tcp.on('error', () => undefined);
  tcp.on('close', () => (isEnded = true));
  const key = randomBytes(16).toString('base64');
  tcp.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${headers}\r\n`,
  );
  await until('the opening packet', () => received.includes('0{"sid"'));
  return {
    tcp,
    ended: () => isEnded,
    received: () => received,
    frame: (bytes, opcode) => void tcp.write(frameOf(bytes, { opcode })),
  };
}
