import {
  messageCommands,
  type Problem,
  type Resume,
  type RoomEnvelope,
  type SessionReady,
  syncCommands,
  type User,
  type UserEnvelope,
} from '@parley/protocol';
import type { ChatEvents } from './chat-events.js';
import type { Connection, ConnectionEvents, ConnectionState } from './connection.js';
import { Emitter, rethrow } from './emitter.js';
import { HttpClient, localProblem, ParleyError } from './http.js';
import type { OutboxStorage } from './outbox-storage.js';
import { OpenRooms } from './open-rooms.js';
import type { RoomHandle } from './room-handle.js';
import { Presences } from './presences.js';
import { RoomList } from './room-list.js';
import type { ReadCursor } from './room-state.js';
import { Rooms } from './rooms.js';
import { SendQueue, type SendQueuePorts } from './send-queue.js';
import { SyncEngine } from './sync-engine.js';
import type { Positions, SyncPorts } from './sync-ports.js';
import type { Timers } from './timers.js';

const SYNC_TIMEOUT_MS = 20_000;
const BEARER = 'Bearer ';

export interface ChatClientPorts {
  readonly url: string;
  /** Asked for the positions of the handshake through `resume`. */
  readonly connect: (resume: () => Resume | undefined) => Connection;
  readonly storage: OutboxStorage;
  readonly timers: Timers;
  readonly userId?: string;
  readonly resume?: Positions;
  readonly queueLimit?: number;
  /** Tells whether the app is looked at; see `onLook`. */
  readonly onLook?: (tell: (isLookedAt: boolean) => void) => () => void;
}

/** A user's connection to Parley: rooms, messages, events, whole again after every interruption without doing anything. */
export class ChatClient {
  /** The user's rooms. */
  readonly rooms: Rooms;
  /** Who is there. */
  readonly presence: Presences;
  /** The REST API with the user's token. */
  readonly http: HttpClient;
  private readonly connection: Connection;
  private readonly emitter = new Emitter<ChatEvents>((error) => this.report(error));
  private readonly engine: SyncEngine;
  private readonly queue: SendQueue;
  private readonly list: RoomList;
  private readonly opened: OpenRooms;
  private readonly outside = new Set<string>();
  private readonly connecting: { resolve: (session: SessionReady) => void; reject: (error: ParleyError) => void }[] = [];
  private session?: SessionReady;
  private stopLooking?: () => void;

  constructor(private readonly ports: ChatClientPorts) {
    const { url, timers, storage, queueLimit } = ports;
    this.engine = new SyncEngine(this.syncPorts(), ports.resume);
    this.connection = ports.connect(() => this.engine.resume());
    this.http = new HttpClient({
      url,
      headers: async () => ({ authorization: `${BEARER}${await this.connection.token()}` }),
      onExpired: async ({ authorization = '' }) => (await this.connection.renewToken(authorization.replace(BEARER, ''))) !== '',
    });
    this.queue = new SendQueue({ storage, timers, limit: queueLimit, ...this.queuePorts() });
    this.list = new RoomList({
      timers,
      connection: this.connection,
      me: () => this.me?.id,
      follow: this.engine.track.bind(this.engine),
      toldUpTo: (roomId) => this.engine.toldUpTo(roomId),
    });
    this.opened = new OpenRooms({ connection: this.connection, timers, queue: this.queue, engine: this.engine });
    this.presence = new Presences(this.connection, timers);
    this.rooms = new Rooms(this.connection, this.http, this.list);
    this.listen();
    if (ports.userId !== undefined) this.queue.identify(ports.userId);
  }

  /** The user this client speaks for; undefined before the first connection. */
  get me(): User | undefined {
    return this.session?.user;
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** Calls the listener at each event of that name; returns the function that stops it. */
  on<K extends keyof ChatEvents>(name: K, listener: (value: ChatEvents[K]) => void): () => void {
    return this.emitter.on(name, listener);
  }

  /** Connects and stays connected. Resolves when ready; rejects with `ParleyError` when refused for good. */
  connect(): Promise<SessionReady> {
    if (this.session && this.state === 'online') return Promise.resolve(this.session);
    const ready = new Promise<SessionReady>((resolve, reject) => this.connecting.push({ resolve, reject }));
    this.connection.connect();
    this.stopLooking ??= this.ports.onLook?.((isLookedAt) => this.presence.setInFront(isLookedAt));
    return ready;
  }

  /** Disconnects. What is not sent yet stays in the storage, and its promises reject. `connect` begins anew. */
  close(): void {
    this.connection.close();
    this.stopLooking?.();
    this.stopLooking = undefined;
    this.queue.close();
    this.unconnected(localProblem('unavailable', 'the client was closed'));
  }

  /** One room with its state, loading it if need be. The same handle until it is closed. */
  room(roomId: string): RoomHandle {
    return this.opened.handle(roomId);
  }

  /** Where this client stands in every log; give it as `resume` to the next one to be told what came in between. */
  positions(): Positions {
    return this.engine.positions();
  }

  private syncPorts(): SyncPorts {
    return {
      timers: this.ports.timers,
      sync: ({ userPts, rooms }) => this.connection.command(syncCommands.sync, { userPts, rooms }, { timeoutMs: SYNC_TIMEOUT_MS }),
      onRoomEvent: (event) => this.roomEvent(event),
      onUserEvent: (event) => this.userEvent(event),
      onReset: (roomId, position) => {
        this.opened.reset(roomId, position);
        this.list.refresh(roomId);
        this.emitter.emit('room', { type: 'reset', roomId, ...position });
      },
      onReceipts: (roomId, cursors) => this.cursors(roomId, cursors),
      onLost: (roomId) => this.exited(roomId),
      onCurrent: (roomId) => this.queue.flush(roomId),
    };
  }

  private queuePorts(): Omit<SendQueuePorts, 'storage' | 'timers'> {
    return {
      send: async ({ roomId, clientMessageId, draft }) => {
        const { message } = await this.connection.command(messageCommands.send, { roomId, clientMessageId, ...draft });
        return message;
      },
      maySend: (roomId) => this.engine.isCurrent(roomId),
      onChange: (roomId, entries) => this.opened.store(roomId)?.pending(entries),
      onSent: (message) => this.opened.store(message.roomId)?.sent(message),
      onStorageError: (error) => this.report(error),
    };
  }

  private listen(): void {
    const { connection, engine, emitter } = this;
    connection.on('state', (state) => {
      if (state !== 'online') this.offline();
      emitter.emit('state', state);
    });
    connection.on('ready', (ready) => this.ready(ready));
    connection.on('room', (event) => engine.takeRoomEvent(event));
    connection.on('user', (event) => engine.takeUserEvent(event));
    connection.on('head', (head) => engine.head(head));
    connection.on('ended', (problem) => this.ended(problem));
    connection.on('ephemeral', (event) => emitter.emit('ephemeral', event));
    connection.on('receipt', (event) => this.receipt(event));
    connection.on('typing', (event) => this.typing(event));
    connection.on('presence', (event) => {
      this.presence.note(event);
      emitter.emit('ephemeral', event);
    });
    connection.on('profile', (event) => this.profile(event));
  }

  private offline(): void {
    this.engine.offline();
    this.queue.stop();
  }

  private ready(ready: SessionReady): void {
    if (this.me && this.me.id !== ready.user.id)
      return this.refuse(localProblem('conflict', 'the token is for another user: create another client'));
    this.session = ready;
    this.engine.ready(ready, this.opened.subscribed());
    this.opened.online(ready);
    this.presence.online();
    for (const { roomId, readSeq } of ready.rooms) this.cursors(roomId, [{ userId: ready.user.id, readSeq, deliveredSeq: 0 }]);
    this.list.resume();
    this.queue.identify(ready.user.id);
    this.queue.start();
    for (const { resolve } of this.connecting.splice(0)) resolve(ready);
    this.emitter.emit('ready', ready);
  }

  /** What one user saw and said must not meet another's eyes or name. */
  private refuse(problem: Problem): void {
    this.connection.close();
    this.ended({ ...problem, retryable: false });
  }

  private ended(problem: Problem): void {
    this.unconnected(problem);
    this.emitter.emit('ended', problem);
  }

  private unconnected(problem: Problem): void {
    for (const { reject } of this.connecting.splice(0)) reject(new ParleyError(problem));
  }

  private roomEvent(event: RoomEnvelope): void {
    this.opened.store(event.roomId)?.apply(event);
    this.list.apply(event);
    const message = event.type === 'message.created' ? event.data.message : undefined;
    if (message) this.opened.typing(event.roomId)?.end(message.sender.id);
    if (message && message.sender.id === this.me?.id) this.queue.settle(message);
    this.emitter.emit('event', event);
    if (message) this.emitter.emit('message', message);
    if (event.type === 'room.dissolved') this.exited(event.roomId);
  }

  private userEvent(event: UserEnvelope): void {
    this.emitter.emit('event', event);
    if (event.type === 'room.exited') this.exited(event.data.room.id);
    if (event.type !== 'room.entered') return;
    const { room } = event.data;
    this.outside.delete(room.id);
    this.presence.askAgain();
    this.list.enter(room);
    this.opened.store(room.id)?.reload();
    this.emitter.emit('room', { type: 'entered', roomId: room.id, room });
  }

  /** Told once, whichever of the user's log, the room's log and a refused sync says it first. */
  private exited(roomId: string): void {
    this.list.remove(roomId);
    this.opened.store(roomId)?.lost();
    if (this.outside.has(roomId)) return;
    this.outside.add(roomId);
    this.emitter.emit('room', { type: 'exited', roomId });
  }

  private receipt(event: ConnectionEvents['receipt']): void {
    const { roomId, userId, seq } = event.data;
    this.cursors(roomId, [{ userId, readSeq: event.type === 'message.read' ? seq : 0, deliveredSeq: seq }]);
    this.emitter.emit('ephemeral', event);
  }

  private typing(event: ConnectionEvents['typing']): void {
    this.opened.typing(event.data.roomId)?.note(event);
    this.emitter.emit('ephemeral', event);
  }

  private cursors(roomId: string, cursors: readonly ReadCursor[]): void {
    this.opened.store(roomId)?.receipts(cursors);
    for (const { userId, readSeq, deliveredSeq } of cursors)
      if (userId === this.me?.id) this.list.ownCursors(roomId, readSeq, deliveredSeq);
  }

  private profile(event: ConnectionEvents['profile']): void {
    const { user } = event.data;
    for (const store of this.opened.stores()) store.profile(user);
    this.list.profile(user);
    this.emitter.emit('ephemeral', event);
  }

  private report(error: unknown): void {
    if (this.emitter.has('error')) this.emitter.emit('error', error);
    else rethrow(error);
  }
}
