import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { Frames } from './frames.ts';

/** What the line does to every connection through it. All of it may change while connections live. */
export interface Line {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Bytes per write; 0 = as they come. */
  readonly sliceBytes: number;
  /** 0 = unlimited. */
  readonly bytesPerSecond: number;
  /** Chance per chunk that the connection is reset in the middle of it. */
  readonly resetChance: number;
  /** Nothing passes, nobody is told. */
  readonly isDead: boolean;
  /** The same one way: from the client to the target, or back. */
  readonly isMute?: 'up' | 'down';
  /** Whole client messages are passed on twice. */
  readonly repeatsFrames: boolean;
}

export const PLAIN: Line = {
  latencyMs: 0,
  jitterMs: 0,
  sliceBytes: 0,
  bytesPerSecond: 0,
  resetChance: 0,
  isDead: false,
  repeatsFrames: false,
};

/** Slices of one chunk at most; the rest goes in one piece, or a backlog would take minutes. */
const SLICES_MAX = 300;
const HIGH_WATER = 1_048_576;

/** Our own TCP proxy: latency, jitter, slices, bandwidth, resets in mid-frame, silence, repetition. */
export class Proxy {
  line: Line = PLAIN;
  repeated = 0;
  readonly port: number;
  private targetPort: number;
  private readonly server: Server;
  private readonly random: Random;
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private constructor(server: Server, port: number, targetPort: number, random: Random) {
    this.server = server;
    this.port = port;
    this.targetPort = targetPort;
    this.random = random;
    server.on('connection', (client) => this.accept(client));
  }

  static async to(targetPort: number, random: Random): Promise<Proxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return new Proxy(server, address.port, targetPort, random);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on to another server. Connections that are there are cut. */
  turnTo(targetPort: number): void {
    this.targetPort = targetPort;
    this.cut();
  }

  cut(): void {
    for (const [client, upstream] of this.pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    const upstream = connect({ port: this.targetPort, host: '127.0.0.1', noDelay: true });
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    const frames = new Frames();
    this.pass('up', client, upstream, (chunk) => (this.line.repeatsFrames ? this.twice(frames, chunk) : frames.pass(chunk)));
    this.pass('down', upstream, client, (chunk) => chunk);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        // Of a pair that is parted on a dead line one lives on.
        if (pair.every(({ destroyed }) => destroyed)) this.pairs.delete(pair);
        // A dead line does not tell the other side either.
        if (!this.line.isDead) for (const other of pair) other.destroy();
      });
    }
  }

  private twice(frames: Frames, chunk: Buffer): Buffer {
    const doubled = frames.repeat(chunk);
    this.repeated += doubled.repeats;
    return doubled.bytes;
  }

  /** Chunks leave in the order they came, each after its delay; reading waits while too much is under way. */
  private pass(way: 'up' | 'down', from: Socket, to: Socket, change: (chunk: Buffer) => Buffer): void {
    let waiting = 0;
    let tail = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const bytes = change(chunk);
      const { latencyMs, jitterMs } = this.line;
      const dueAt = performance.now() + latencyMs + (jitterMs === 0 ? 0 : (this.random.next() * 2 - 1) * jitterMs);
      waiting += bytes.length;
      if (waiting > HIGH_WATER) from.pause();
      tail = tail.then(async () => {
        await this.deliver(way, bytes, to, dueAt).catch(() => undefined);
        waiting -= bytes.length;
        if (waiting <= HIGH_WATER) from.resume();
      });
    });
    from.on('end', () => void tail.then(() => this.line.isDead || to.end()));
  }

  private async deliver(way: 'up' | 'down', bytes: Buffer, to: Socket, dueAt: number): Promise<void> {
    const early = dueAt - performance.now();
    if (early > 1) await sleep(early);
    const { isDead, isMute, resetChance, sliceBytes, bytesPerSecond } = this.line;
    if (isDead || isMute === way || to.destroyed) return;
    if (resetChance > 0 && this.random.chance(resetChance)) {
      to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
      await sleep(1);
      to.resetAndDestroy();
      return;
    }
    const end = sliceBytes === 0 ? 0 : Math.min(bytes.length, sliceBytes * SLICES_MAX);
    for (let at = 0; at < end; at += sliceBytes) {
      to.write(bytes.subarray(at, Math.min(at + sliceBytes, end)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (end < bytes.length) to.write(bytes.subarray(end));
    if (bytesPerSecond > 0) await sleep((bytes.length / bytesPerSecond) * 1_000);
  }
}
