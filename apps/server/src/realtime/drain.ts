import type { Namespace, Socket } from 'socket.io';
import { whenIdle } from './dispatch.js';

/** So many clients are sent away in a second, so that the nodes they go to are not stormed. */
const PER_SECOND = 1_000;
const TURN_MS = 50;
/** Longer than this no connection waits for the answers it is owed. */
const PATIENCE_MS = 3_000;
/** A client comes back after this, give or take as much. */
const RETURN_MS = 500;

/**
 * Sends clients elsewhere: each is told, gets the answers to what it asked so far, and is closed in a way that a stock
 * client comes back by itself.
 */
export class Drain {
  /** Why, while clients are sent away. */
  private reason?: string;

  constructor(private readonly namespace: Namespace) {
    // Past the door before it was closed.
    namespace.on('connection', (socket: Socket) => {
      if (this.reason !== undefined) void this.sendAway(socket, this.reason);
    });
  }

  /** Whoever comes in is sent away too, until `stop`. Resolves when everybody who was here is gone, over at most so long. */
  async empty(reason: string, windowMs: number): Promise<void> {
    this.reason = reason;
    const sockets = [...this.namespace.sockets.values()];
    const turns = Math.max(1, Math.floor(windowMs / TURN_MS));
    const perTurn = Math.max(Math.ceil((PER_SECOND * TURN_MS) / 1_000), Math.ceil(sockets.length / turns));
    const leaving: Promise<void>[] = [];
    for (let from = 0; from < sockets.length && this.reason === reason; from += perTurn) {
      for (const socket of sockets.slice(from, from + perTurn)) leaving.push(this.sendAway(socket, reason));
      if (from + perTurn < sockets.length) await pause(TURN_MS);
    }
    await Promise.all(leaving);
  }

  /** Who is here may stay. */
  stop(): void {
    this.reason = undefined;
  }

  private async sendAway(socket: Socket, reason: string): Promise<void> {
    if (!socket.connected) return;
    const afterMs = RETURN_MS + Math.floor(Math.random() * RETURN_MS);
    socket.emit('session.reconnect', { afterMs, reason });
    await Promise.race([whenIdle(socket), pause(PATIENCE_MS)]);
    // What was answered in this turn leaves before the connection closes.
    await new Promise((done) => setImmediate(done));
    if (socket.connected) socket.conn.close();
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds).unref());
