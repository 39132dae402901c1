import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a server and its PostgreSQL, and can be cut or made to stand still. */
export class PostgresProxy {
  private readonly sockets = new Set<Socket>();
  private readonly target: { readonly host: string; readonly port: number };
  private server?: Server;
  private port = 0;
  private isStill = false;

  private constructor(private readonly behind: string) {
    const { hostname, port } = new URL(behind);
    this.target = { host: hostname, port: Number(port) };
  }

  static async before(url: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(url);
    await proxy.begin();
    return proxy;
  }

  get url(): string {
    const url = new URL(this.behind);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.toString();
  }

  /** Takes connections, at the same address as before. */
  begin(): Promise<void> {
    const server = createServer((near) => this.join(near));
    this.server = server;
    return new Promise((done) =>
      server.listen(this.port, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address === 'object' && address) this.port = address.port;
        done();
      }),
    );
  }

  private join(near: Socket): void {
    const far = connect(this.target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk) => {
        if (!this.isStill) to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }

  /** Every connection breaks, and new ones are refused. */
  cut(): Promise<void> {
    const closed = new Promise<void>((done) => void this.server?.close(() => done()));
    for (const socket of this.sockets) socket.destroy();
    return closed;
  }

  /** Connections stay open, are even taken, and nothing comes or goes: as if the database's machine stood still. */
  standStill(): void {
    this.isStill = true;
  }

  moveOn(): void {
    this.isStill = false;
    for (const socket of this.sockets) socket.destroy();
  }
}
