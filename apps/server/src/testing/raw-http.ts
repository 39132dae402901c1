import { connect, type Socket } from 'node:net';
import { until } from './until.js';

/** Bytes to the port and bytes back; keeps what comes. */
export class RawHttp {
  private received = Buffer.alloc(0);
  private closedAt?: number;
  readonly openedAt = performance.now();

  private constructor(readonly tcp: Socket) {
    tcp.on('data', (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])));
    tcp.on('error', () => undefined);
    tcp.on('close', () => (this.closedAt = performance.now()));
  }

  static open(url: string): Promise<RawHttp> {
    const { hostname, port } = new URL(url);
    return new Promise((done, fail) => {
      const tcp = connect(Number(port), hostname, () => done(new RawHttp(tcp)));
      tcp.once('error', fail);
    });
  }

  say(bytes: string | Buffer): void {
    if (this.tcp.writable) this.tcp.write(bytes);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** Statuses of the answers so far. */
  get statuses(): readonly number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  /** Undefined while it is open; else how long it was, in milliseconds. */
  get livedMs(): number | undefined {
    return this.closedAt === undefined ? undefined : this.closedAt - this.openedAt;
  }

  async end(withinMs = 5_000): Promise<void> {
    await until('the end of the connection', () => this.closedAt !== undefined, withinMs);
  }

  leave(): void {
    this.tcp.destroy();
  }
}
