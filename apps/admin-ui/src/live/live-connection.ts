import type { Problem, RoomEnvelope, Stats } from '@parley/protocol';
import { io, type Socket } from 'socket.io-client';

export type LiveStatus = 'connecting' | 'live' | 'offline';

type WatchAck = { readonly ok: true } | { readonly ok: false; readonly error: Problem };
interface ServerEvents {
  'stats.changed': (stats: Stats) => void;
  'room.event': (event: RoomEnvelope) => void;
}
interface ClientCommands {
  'room.watch': (args: { tenantId: string; roomId: string }, ack: (answer: WatchAck) => void) => void;
  'room.unwatch': (args: {}, ack: (answer: WatchAck) => void) => void;
}

export interface LiveState {
  readonly status: LiveStatus;
  /** The last five minutes, oldest first. */
  readonly stats: readonly Stats[];
}

/** 5 minutes at one figure every 2 s. */
export const STATS_MAX = 150;
const ACK_TIMEOUT_MS = 10_000;

export interface RoomWatcher {
  readonly tenantId: string;
  readonly roomId: string;
  /** Each time watching begins: also after every reconnect, when what happened between must be read. */
  readonly onStart: () => void;
  readonly onEvent: (event: RoomEnvelope) => void;
  readonly onRefused: (problem: Problem) => void;
}

/** The dashboard's one socket. The session cookie opens it. */
export class LiveConnection {
  private state: LiveState = { status: 'connecting', stats: [] };
  private readonly listeners = new Set<() => void>();
  private watcher: RoomWatcher | undefined;
  private readonly socket: Socket<ServerEvents, ClientCommands>;

  constructor(onRefused: () => void) {
    // WebSocket first: browsers name the origin on it, which the server asks for, but not on same-origin GETs of polling.
    this.socket = io('/admin', { path: '/socket.io', withCredentials: true, transports: ['websocket', 'polling'], tryAllTransports: true });
    this.socket.on('connect', () => {
      this.set({ status: 'live' });
      if (this.watcher) this.begin(this.watcher);
    });
    this.socket.on('disconnect', (reason) => {
      this.set({ status: 'offline' });
      // The server closed it on purpose: perhaps the session ended. Ask, and try again by hand since the client will not.
      if (reason === 'io server disconnect') onRefused();
    });
    this.socket.on('connect_error', () => {
      this.set({ status: 'offline' });
      if (!this.socket.active) onRefused();
    });
    this.socket.on('stats.changed', (stats) => this.set({ stats: [...this.state.stats, stats].slice(-STATS_MAX) }));
    this.socket.on('room.event', (event) => {
      if (event.roomId === this.watcher?.roomId && event.tenantId === this.watcher.tenantId) this.watcher.onEvent(event);
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly snapshot = (): LiveState => this.state;

  /** One room at a time; the answer ends the watching. */
  watch(watcher: RoomWatcher): () => void {
    this.watcher = watcher;
    if (this.socket.connected) this.begin(watcher);
    return () => {
      if (this.watcher !== watcher) return;
      this.watcher = undefined;
      if (this.socket.connected) this.socket.emit('room.unwatch', {}, () => undefined);
    };
  }

  private begin(watcher: RoomWatcher): void {
    const { tenantId, roomId } = watcher;
    this.socket.timeout(ACK_TIMEOUT_MS).emit('room.watch', { tenantId, roomId }, (late, answer) => {
      if (this.watcher !== watcher || late) return;
      if (answer.ok) watcher.onStart();
      else watcher.onRefused(answer.error);
    });
  }

  reconnect(): void {
    if (!this.socket.connected) this.socket.connect();
  }

  close(): void {
    this.socket.close();
    this.listeners.clear();
  }

  private set(change: Partial<LiveState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
