import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { frameOf } from './frames.js';
import type { Seeded } from './seeded.js';
import { bent, tameFrames, tamePacket, wildFrames, wildPacket } from './wild-packets.js';

const PATH = '/socket.io/?EIO=4&transport=';
const PACKETS_MAX = 40;
const PATIENCE_MS = 2_000;

/** A TCP connection that keeps no more of what comes than is looked at. */
class Line {
  private text = '';
  private isEnded = false;
  private readonly tcp: Socket;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.tcp = connect(Number(port), hostname);
    this.tcp.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString('latin1')).slice(-4_096)));
    this.tcp.on('error', () => undefined);
    this.tcp.on('close', () => (this.isEnded = true));
  }

  get isOver(): boolean {
    return this.isEnded;
  }

  say(bytes: Buffer | string): void {
    if (!this.isEnded && this.tcp.writable) this.tcp.write(bytes);
  }

  /** What was said that fits; undefined when it does not come. */
  async hear(fits: RegExp): Promise<RegExpExecArray | undefined> {
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline && !this.isEnded; await pause(2)) {
      const found = fits.exec(this.text);
      if (found) return found;
    }
    return undefined;
  }

  leave(random: Seeded): void {
    if (random.below(2)) this.tcp.destroy();
    else this.tcp.end(() => this.tcp.destroy());
  }
}

export interface WildClient {
  readonly url: string;
  readonly token: string;
  readonly random: Seeded;
  /** Leaves nothing lying that only a timer ends. */
  readonly isPolite: boolean;
}

/** One client: shakes hands as it should, most times also shows its token, and then says things. Gives how many. */
export async function wildWebSocket({ url, token, random }: WildClient): Promise<number> {
  const line = new Line(url);
  const key = randomBytes(16).toString('base64');
  line.say(
    `GET ${PATH}websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  if (!(await line.hear(/0\{"sid"/))) return leaving(line, random, 0);
  if (random.below(5) > 0) {
    line.say(frameOf(`40/chat,${JSON.stringify({ token })}`));
    await line.hear(/session\.ready|44\/chat/);
  }
  let said = 0;
  // Most things that are wrong end the connection; who says nothing of the kind gets further in.
  const isTame = random.below(3) > 0;
  for (const most = 1 + random.below(PACKETS_MAX); said < most && !line.isOver; said += 1) {
    const packet = Buffer.from(isTame ? tamePacket(random) : wildPacket(random, token));
    line.say(isTame ? tameFrames(random, packet) : wildFrames(random, random.below(4) ? packet : bent(random, packet)));
    if (random.below(8) === 0) await pause(1);
  }
  // What was said is read before the line is cut, or it would not have been tried.
  await pause(5);
  return leaving(line, random, said);
}

/** One client that polls, from two lines at once, mixes in upgrades, and breaks off. */
export async function wildPolling({ url, token, random, isPolite }: WildClient): Promise<number> {
  const [ears, mouth] = [new Line(url), new Line(url)];
  ears.say(`GET ${PATH}polling HTTP/1.1\r\nHost: x\r\n\r\n`);
  const opened = await ears.hear(/"sid":"([^"]+)"/);
  const at = `${PATH}polling&sid=${opened?.[1] ?? 'none'}`;
  const post = (body: Buffer | string, length = Buffer.byteLength(body)): void => {
    mouth.say(`POST ${at} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`);
    mouth.say(body);
  };
  if (random.below(5) > 0) post(`40/chat,${JSON.stringify({ token })}`);
  let said = 0;
  for (const most = 1 + random.below(10); said < most && !mouth.isOver; said += 1) {
    const packets = Array.from({ length: 1 + random.below(20) }, () => wildPacket(random, token)).join('\u001e');
    switch (random.below(8)) {
      case 0:
        post(bent(random, Buffer.from(packets)));
        break;
      case 1:
        post(packets, Buffer.byteLength(packets) + random.below(20));
        break;
      case 2:
        ears.say(
          `GET ${at.replace('polling', random.pick(['websocket', 'polling', 'webtransport', '__proto__']))} HTTP/1.1\r\nHost: x\r\n\r\n`,
        );
        break;
      case 3:
        ears.say(
          `GET ${at.replace('polling', 'websocket')} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
        );
        ears.say(wildFrames(random, Buffer.from(random.pick(['2probe', '5', wildPacket(random, token)]))));
        break;
      case 4:
        mouth.say(bent(random, Buffer.from(`POST ${at} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n2prob\r\n0\r\n\r\n`)));
        break;
      default:
        post(packets);
        if (random.below(2)) ears.say(`GET ${at} HTTP/1.1\r\nHost: x\r\n\r\n`);
    }
    if (random.below(2)) await pause(1);
  }
  await pause(5);
  if (isPolite) {
    // Another line: this session's own may be in the middle of something.
    const last = new Line(url);
    last.say(`POST ${at} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1`);
    await last.hear(/HTTP/);
    last.leave(random);
  }
  leaving(mouth, random, 0);
  return leaving(ears, random, said);
}

function leaving(line: Line, random: Seeded, said: number): number {
  line.leave(random);
  return said;
}
