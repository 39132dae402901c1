import { type Room, roomCommands, type SessionReady } from '@parley/protocol';
import type { Connection } from './connection.js';
import { problemFrom } from './http.js';
import type { LogPosition } from './log-feed.js';
import { RoomHandle } from './room-handle.js';
import { RoomStore } from './room-store.js';
import type { SendQueue } from './send-queue.js';
import type { SyncEngine } from './sync-engine.js';
import { backoffMs, type Timers } from './timers.js';
import { TypingUsers } from './typing.js';

const RESUBSCRIBES = 5;

export interface OpenRoomsPorts {
  readonly connection: Connection;
  readonly timers: Timers;
  readonly queue: SendQueue;
  readonly engine: SyncEngine;
}

/** The rooms an app looks into: one handle and one state each, and their subscriptions where the server wants one. */
export class OpenRooms {
  private readonly opened = new Map<string, { readonly handle: RoomHandle; readonly store: RoomStore; readonly typing: TypingUsers }>();
  private session?: SessionReady;

  constructor(private readonly ports: OpenRoomsPorts) {}

  handle(roomId: string): RoomHandle {
    const known = this.opened.get(roomId);
    if (known) return known.handle;
    const { connection, timers, queue, engine } = this.ports;
    const me = (): string | undefined => this.session?.user.id;
    const follow = engine.track.bind(engine);
    const needsSubscription = (room: Room): boolean => this.needsSubscription(room);
    const store = new RoomStore(roomId, { connection, timers, me, follow, needsSubscription }, queue.entriesOf(roomId));
    const typing = new TypingUsers(timers, me);
    const handle = new RoomHandle(store, { connection, queue, timers, typing, me, onClose: () => this.closed(roomId, store) });
    this.opened.set(roomId, { handle, store, typing });
    return handle;
  }

  reset(roomId: string, position: LogPosition): void {
    this.opened.get(roomId)?.handle.reset(position);
  }

  store(roomId: string): RoomStore | undefined {
    return this.opened.get(roomId)?.store;
  }

  typing(roomId: string): TypingUsers | undefined {
    return this.opened.get(roomId)?.typing;
  }

  stores(): readonly RoomStore[] {
    return [...this.opened.values()].map(({ store }) => store);
  }

  /** Rooms whose events do not flow yet on a new connection. */
  subscribed(): ReadonlySet<string> {
    return new Set(this.stores().flatMap(({ isSubscribed, roomId }) => (isSubscribed ? [roomId] : [])));
  }

  online(session: SessionReady): void {
    this.session = session;
    for (const { handle, store } of this.opened.values()) {
      handle.online();
      if (store.isSubscribed) void this.resubscribe(store.roomId, session);
      else this.ports.engine.release(store.roomId); // Receipts are in no log: what was missed of them comes with a sync only.
    }
  }

  /** Never rejects. The room is synced after its events flow again, so that nothing falls in between. */
  private async resubscribe(roomId: string, session: SessionReady): Promise<void> {
    const { connection, timers, engine } = this.ports;
    for (let tries = 0; tries < RESUBSCRIBES && session === this.session; tries += 1) {
      try {
        await connection.command(roomCommands.subscribe, { roomId });
        break;
      } catch (error) {
        if (!problemFrom(error).retryable) break; // The sync says what became of the room.
        await new Promise<void>((resolve) => void timers.setTimeout(resolve, backoffMs(tries, timers.random)));
      }
    }
    if (session === this.session) engine.release(roomId);
  }

  /** Readers of a channel, and rooms beyond those a socket joins by itself, receive events only when they ask. */
  private needsSubscription({ id, me }: Room): boolean {
    const isListed = this.session?.rooms.some(({ roomId }) => roomId === id) === true;
    return me === undefined || (this.session?.more === true && !isListed && !this.ports.engine.isTracked(id));
  }

  private closed(roomId: string, store: RoomStore): void {
    this.opened.delete(roomId);
    if (!store.isSubscribed) return;
    this.ports.engine.untrack(roomId);
    // Best effort: the end of the connection does it too.
    void this.ports.connection.command(roomCommands.unsubscribe, { roomId }).catch(() => undefined);
  }
}
