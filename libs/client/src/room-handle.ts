import { messageCommands, type Message, receiptCommands } from '@parley/protocol';
import type { Connection } from './connection.js';
import type { LogPosition } from './log-feed.js';
import type { MessageDraft } from './outbox-storage.js';
import { ReadMarker } from './read-marker.js';
import type { RoomState } from './room-state.js';
import type { RoomStore } from './room-store.js';
import type { SendQueue } from './send-queue.js';
import type { Timers } from './timers.js';
import { OwnTyping, type TypingAction, type TypingUser, type TypingUsers } from './typing.js';

export interface RoomHandlePorts {
  readonly connection: Connection;
  readonly queue: SendQueue;
  readonly timers: Timers;
  readonly typing: TypingUsers;
  readonly me: () => string | undefined;
  readonly onClose: (handle: RoomHandle) => void;
}

/**
 * One opened room: its state kept up to date, and what a user does in it. `subscribe` and `getSnapshot` fit
 * `useSyncExternalStore` as they are. Methods that ask the server throw `ParleyError`.
 */
export class RoomHandle {
  readonly roomId: string;
  /** Calls the listener after each change; returns the function that stops it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The state now: immutable, the same object until something changes. */
  readonly getSnapshot: () => RoomState;
  /** Who else is about to say something: the same two for it. */
  readonly subscribeTyping: (listener: () => void) => () => void;
  readonly getTyping: () => readonly TypingUser[];
  private readonly ownTyping: OwnTyping;
  private readonly markers: Record<'read' | 'delivered', ReadMarker>;

  constructor(
    private readonly store: RoomStore,
    private readonly ports: RoomHandlePorts,
  ) {
    this.roomId = store.roomId;
    this.subscribe = store.watched.subscribe;
    this.getSnapshot = store.watched.getSnapshot;
    this.subscribeTyping = ports.typing.watched.subscribe;
    this.getTyping = ports.typing.watched.getSnapshot;
    this.ownTyping = new OwnTyping(ports.connection, ports.timers, this.roomId);
    this.markers = { read: this.marker('read'), delivered: this.marker('delivered') };
  }

  get state(): RoomState {
    return this.getSnapshot();
  }

  /** Resolves when the state holds the room; rejects when the room may not be read. Waits for a connection as long as it takes. */
  loaded(): Promise<void> {
    return this.store.loaded();
  }

  /**
   * Says something. In `state.pending` at once; resolves with the committed message, after reconnects and retries if need
   * be, in the order of the calls. Rejects only when the server refuses for good (`muted`, `banned`, `validation-failed`,
   * …: the entry stays as `failed`), when 1,000 messages wait already, or when the client is closed.
   */
  send(draft: MessageDraft): Promise<Message> {
    this.ownTyping.said();
    return this.ports.queue.send(this.roomId, draft);
  }

  /** Sends a `failed` entry of `state.pending` again. */
  retry(clientMessageId: string): Promise<Message> {
    return this.ports.queue.retry(clientMessageId);
  }

  /** Takes an entry out of `state.pending`. False when it may be on its way already. */
  discard(clientMessageId: string): boolean {
    return this.ports.queue.discard(clientMessageId);
  }

  /** Brings up to `limit` (1 to 100) older messages into `state.messages`. Resolves true while there are more. */
  loadOlder(limit = 50): Promise<boolean> {
    return this.store.loadOlder(limit);
  }

  /** Brings the next 100 members into `state.members`. Resolves true while there are more. */
  loadMembers(): Promise<boolean> {
    return this.store.loadMembers();
  }

  /** Call it at every key: the server is told now and then. Ends with `send`, `stopTyping`, or by itself after 6 s. */
  startTyping(action: TypingAction = 'typing'): void {
    this.ownTyping.start(action);
  }

  stopTyping(): void {
    this.ownTyping.stop();
  }

  /** Read up to `seq`, or all there is. Shown at once, told to the server now or with the next connection, never moves back. */
  markRead(seq = this.state.room?.lastSeq ?? 0): void {
    this.mark('read', seq);
  }

  /** Received up to `seq`, or all there is. */
  markDelivered(seq = this.state.room?.lastSeq ?? 0): void {
    this.mark('delivered', seq);
  }

  private mark(kind: 'read' | 'delivered', seq: number): void {
    const userId = this.ports.me();
    if (userId !== undefined) this.store.foresee({ userId, readSeq: kind === 'read' ? seq : 0, deliveredSeq: seq });
    this.markers[kind].mark(seq);
  }

  /** Deletes for everyone; resolves with the tombstone. Own messages inside the tenant's window, others' for staff. */
  async delete(messageId: string, reason?: string): Promise<Message> {
    const { message } = await this.ports.connection.command(messageCommands.delete, { roomId: this.roomId, messageId, reason });
    this.store.sent(message);
    return message;
  }

  /** Stops keeping this room's state. Its events still reach `client.on('event')` while the user is inside. */
  close(): void {
    this.store.close();
    this.ports.typing.clear();
    this.markers.read.stop();
    this.markers.delivered.stop();
    this.ports.onClose(this);
  }

  /** @internal The log starts over: positions of its earlier life mean nothing in the new one. */
  reset(position: LogPosition): void {
    if (position.epoch !== this.state.epoch) for (const marker of Object.values(this.markers)) marker.reset();
    this.store.reload();
  }

  /** @internal A connection is ready. */
  online(): void {
    this.store.online();
    this.markers.read.online();
    this.markers.delivered.online();
  }

  private marker(kind: 'read' | 'delivered'): ReadMarker {
    const { connection, timers, me } = this.ports;
    const { roomId } = this;
    const send = async (seq: number): Promise<number> => {
      const { readSeq, deliveredSeq } = await connection.command(receiptCommands.mark, { roomId, kind, seq });
      const userId = me();
      if (userId !== undefined) this.store.receipts([{ userId, readSeq, deliveredSeq }]);
      return kind === 'read' ? readSeq : deliveredSeq;
    };
    return new ReadMarker(timers, send, () => connection.state === 'online');
  }
}
