import type { Message, RoomEnvelope, UserEnvelope } from '@parley/protocol';
import { ChatClient } from '../chat-client.js';
import { ParleyError } from '../http.js';
import { MemoryOutbox } from '../outbox-storage.js';
import type { Positions } from '../sync-ports.js';
import type { Timers } from '../timers.js';
import { FakeConnection, type FakeNet } from './fake-connection.js';
import type { FakeRoom } from './fake-room.js';
import { FakeServer } from './fake-server.js';

export const ME = 'me';

export interface SentRecord {
  readonly roomId: string;
  readonly text: string;
  message?: Message;
  refusedWith?: string;
}

/** What the app was told of one room, and where that stands. */
export interface Told {
  cursor: number;
  events: RoomEnvelope[];
  hasLeft: boolean;
}

export interface WorldOptions {
  readonly net: FakeNet;
  readonly timers: Timers;
  /** Does a handshake replay what was missed? */
  readonly replays?: () => boolean;
}

/** One user's client over a bad network to the in-memory server, and a witness of all that the app is told. */
export class World {
  readonly server: FakeServer;
  readonly sent: SentRecord[] = [];
  readonly told = new Map<string, Told>();
  readonly complaints: string[] = [];
  /** Texts that a restore took back: they may be gone. */
  readonly lost = new Set<string>();
  client: ChatClient;
  connection?: FakeConnection;
  readonly storage = new MemoryOutbox();
  private said = 0;

  constructor(private readonly options: WorldOptions) {
    this.server = new FakeServer(options.replays);
    for (const roomId of ['a', 'b']) this.server.open(roomId, [ME, 'bo']);
    this.server.open('c', ['bo']);
    this.client = this.start();
  }

  private start(resume?: Positions): ChatClient {
    const { net, timers } = this.options;
    const client = new ChatClient({
      url: 'http://localhost',
      timers,
      storage: this.storage,
      resume,
      userId: ME,
      connect: (positions) => (this.connection = new FakeConnection(ME, this.server, net, positions)),
    });
    client.on('ready', ({ rooms }) => rooms.forEach(({ roomId, pts }) => this.toldOf(roomId, pts)));
    client.on('event', (event) => this.witness(event));
    client.on('room', (notice) => {
      const told = this.toldOf(notice.roomId, 0);
      if (notice.type === 'exited') told.hasLeft = true;
      if (notice.type === 'reset') this.told.set(notice.roomId, { cursor: notice.pts, events: [], hasLeft: false });
      // A room this short is told from its beginning, unless parts of it were told before.
      if (notice.type === 'entered' && told.events.length === 0 && !told.hasLeft) told.cursor = 0;
    });
    client.on('error', (error) => this.complaints.push(String(error)));
    client.connect().catch(() => undefined);
    for (const roomId of ['a', 'b']) client.room(roomId);
    return client;
  }

  private toldOf(roomId: string, start: number): Told {
    const told = this.told.get(roomId) ?? { cursor: start, events: [], hasLeft: false };
    this.told.set(roomId, told);
    return told;
  }

  private witness(event: RoomEnvelope | UserEnvelope): void {
    if ('userPts' in event) return;
    const told = this.toldOf(event.roomId, 0);
    if (event.pts !== told.cursor + 1) this.complaints.push(`${event.roomId}: told ${event.pts} after ${told.cursor}`);
    told.cursor = event.pts;
    told.events.push(event);
  }

  say(roomId: string, userId: string): void {
    this.change(roomId, (room) => {
      this.said += 1;
      if (!room.has(userId)) return;
      const { messages } = room.contents();
      room.say(userId, { clientMessageId: `${userId}${this.said}`, text: `${userId} ${this.said}`, replyTo: messages[this.said % 3]?.id });
    });
  }

  send(roomId: string): void {
    this.said += 1;
    const record: SentRecord = { roomId, text: `mine ${this.said}` };
    this.sent.push(record);
    this.client
      .room(roomId)
      .send({ text: record.text })
      .then(
        (message) => (record.message = message),
        (error: unknown) => (record.refusedWith = error instanceof ParleyError ? error.code : 'bug'),
      );
  }

  read(roomId: string): void {
    this.client.room(roomId).markRead();
  }

  /** Asks for more of what is shown in part; on a bad network that may fail. */
  async more(roomId: string): Promise<void> {
    const room = this.client.room(roomId);
    await Promise.allSettled([room.loadOlder(2), room.loadMembers()]);
  }

  async list(): Promise<void> {
    await Promise.allSettled([this.client.rooms.loadMore()]);
  }

  drop(): void {
    this.connection?.drop();
  }

  change(roomId: string, how: (room: FakeRoom) => unknown): void {
    const room = this.server.room(roomId);
    this.server.change(room, () => how(room));
  }

  toggle(roomId: string, userId: string): void {
    const room = this.server.room(roomId);
    if (room.has(userId)) this.server.expel(room, userId);
    else this.server.enter(room, userId);
  }

  loseTail(roomId: string, count: number): void {
    const room = this.server.room(roomId);
    const before = room.contents().messages;
    room.loseTail(count);
    const gone = new Set(before.slice(room.contents().messages.length).map(({ id }) => id));
    for (const [text, ids] of this.server.everSaid) if (ids.some((id) => gone.has(id))) this.lost.add(text);
  }

  /** Ids under which a text is stored, deleted or not. */
  allSaid(text: string): readonly string[] {
    const ids = this.server.everSaid.get(text) ?? [];
    return ids.filter((id) =>
      [...this.server.rooms.values()].some((room) => room.contents().messages.some((message) => message.id === id)),
    );
  }

  /** The page is loaded again: another client, the same storage, the positions the app kept. */
  reload(): void {
    const positions = this.client.positions();
    this.client.close();
    this.client = this.start(JSON.parse(JSON.stringify(positions)) as Positions);
  }
}
