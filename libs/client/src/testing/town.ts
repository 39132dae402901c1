import { DomainError } from '@parley/domain';
import type { Hand, WorldBuilder } from '@parley/domain/testing';
import type { Message } from '@parley/protocol';
import { ChatClient } from '../chat-client.js';
import { ParleyError } from '../http.js';
import { MemoryOutbox, type OutboxEntry, type OutboxStorage } from '../outbox-storage.js';
import type { Timers } from '../timers.js';
import type { FakeNet } from './fake-connection.js';
import { LiveConnection } from './live-connection.js';
import { LiveServer } from './live-server.js';
import { type Saved, Witness } from './witness.js';

export const ME = 'ann';
export const ROOMS = ['crew', 'late', 'pub'] as const;
export type RoomName = (typeof ROOMS)[number];
/** Opened on every device: their state is kept and compared. */
export const OPENED: readonly RoomName[] = ['crew', 'late'];

export interface Said {
  readonly roomId: RoomName;
  readonly text: string;
  readonly clientMessageId: string;
  readonly device: string;
  message?: Message;
  refusedWith?: string;
  /** Its device died with everything on it: nobody knows. */
  isForgotten?: true;
}

/** The storage of a device; a dead process writes into it no more. */
class LivingStorage implements OutboxStorage {
  constructor(
    private readonly kept: MemoryOutbox,
    private readonly isAlive: () => boolean,
  ) {}

  load(): Promise<readonly OutboxEntry[]> {
    return this.kept.load();
  }

  async put(entry: OutboxEntry): Promise<void> {
    if (this.isAlive()) await this.kept.put(entry);
  }

  async remove(clientMessageId: string): Promise<void> {
    if (this.isAlive()) await this.kept.remove(clientMessageId);
  }
}

export interface TownTools {
  readonly net: FakeNet;
  readonly timers: Timers;
}

export interface TownOptions {
  /** Events in the room `late` before anything happens. */
  readonly lateLength: number;
}

/** One device of the user, through several lives of its app. */
export class Device {
  client: ChatClient;
  connection?: LiveConnection;
  witness: Witness;
  storage = new MemoryOutbox();
  readonly complaints: string[] = [];
  private saved?: Saved;
  /** A process that is killed does nothing any more; one that ends in order must not either, but is not kept from it. */
  private life = { isDead: false };
  private said = 0;

  constructor(
    readonly name: string,
    private readonly town: Town,
    private readonly tools: TownTools,
  ) {
    [this.witness, this.client] = this.start();
  }

  private start(): [Witness, ChatClient] {
    const life = { isDead: false };
    this.life = life;
    const isAlive = (): boolean => !life.isDead;
    const { net, timers } = this.tools;
    const witness = new Witness((event) => this.town.server.cameAfter(ME, event), this.saved?.rooms);
    const client = new ChatClient({
      url: 'http://localhost',
      storage: new LivingStorage(this.storage, isAlive),
      timers: { ...timers, setTimeout: (run, ms) => timers.setTimeout(() => isAlive() && run(), ms) },
      resume: this.saved?.positions,
      userId: ME,
      connect: (resume) => (this.connection = new LiveConnection(ME, this.town.server, net, resume)),
    });
    witness.watch(client);
    client.connect().catch(() => undefined);
    for (const roomId of OPENED) client.room(roomId);
    return [witness, client];
  }

  send(roomId: RoomName): void {
    this.said += 1;
    const text = `${this.name} ${this.said}`;
    const room = this.client.room(roomId);
    const sent = room.send({ text });
    const { clientMessageId = '' } = room.state.pending.find(({ draft }) => draft.text === text) ?? {};
    const record: Said = { roomId, text, clientMessageId, device: this.name };
    this.town.said.push(record);
    sent.then(
      (message) => (record.message = message),
      (error: unknown) => (record.refusedWith = error instanceof ParleyError ? error.code : String(error)),
    );
  }

  save(): void {
    this.saved = this.witness.save(this.client);
  }

  /** The app ends in order, or dies; its next life starts from what was saved, or from nothing. */
  restart({ isKilled, keepsOutbox, keepsPositions }: { isKilled: boolean; keepsOutbox: boolean; keepsPositions: boolean }): void {
    if (!isKilled) this.save();
    if (!keepsPositions) this.saved = undefined;
    this.complaints.push(...this.witness.complaints);
    const isOpen = ({ message, refusedWith = 'unavailable' }: Said): boolean => !message && refusedWith === 'unavailable';
    for (const record of this.town.said) if (record.device === this.name && isOpen(record) && !keepsOutbox) record.isForgotten = true;
    this.life.isDead = isKilled;
    this.connection?.close();
    if (!isKilled) this.client.close();
    if (!keepsOutbox) this.storage = new MemoryOutbox();
    [this.witness, this.client] = this.start();
  }
}

/** One user with two devices over bad networks, other people, and the living server between them. */
export class Town {
  readonly said: Said[] = [];
  /** `clientMessageId`s of messages that a restore took back. */
  readonly lost = new Set<string>();
  /** Those that the outboxes keep as refused. */
  readonly refused = new Set<string>();
  readonly devices: Device[] = [];

  private constructor(
    readonly server: LiveServer,
    private readonly tools: TownTools,
  ) {
    for (const name of ['phone', 'laptop']) this.devices.push(new Device(name, this, tools));
  }

  static async build(tools: TownTools, { lateLength }: TownOptions): Promise<Town> {
    const build = (world: WorldBuilder): WorldBuilder =>
      world
        .withGroup('crew', ['bo', ME, 'cy'])
        .withGroup('late', ['bo', 'cy'], { historyVisibility: 'since-join' })
        .withGroup('pub', ['bo', ME]);
    const server = await LiveServer.open(tools.net.pass, build);
    for (let change = 0; change < lateLength; change += 1) await server.world.server().update('late', { name: `n${change}` });
    return new Town(server, tools);
  }

  /** Someone else does something; a refusal is part of life. */
  async other(act: (bo: Hand, server: Hand) => Promise<unknown>): Promise<void> {
    const { world } = this.server;
    try {
      await act(world.as('bo'), world.server());
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'internal') throw error;
    }
  }

  isInside(roomId: RoomName): Promise<boolean> {
    const { world } = this.server;
    return world
      .as(ME)
      .room(roomId)
      .then(({ me }) => me?.status === 'member')
      .catch(() => false);
  }

  async toggle(roomId: RoomName, userId: string): Promise<void> {
    const { world } = this.server;
    const isIn = (await world.server().members(roomId)).some(({ user }) => user.id === userId);
    await this.other((_, server) => (isIn ? server.remove(roomId, userId) : server.add(roomId, userId)));
  }

  async deleteSome(roomId: RoomName, number: number): Promise<void> {
    const messages = await this.server.world.history(roomId);
    const message = messages[number % Math.max(1, messages.length)];
    if (message) await this.other((_, server) => server.delete(roomId, message.id));
  }

  /** The server dies; connections break, data stays. */
  restartServer(): void {
    this.server.restart();
    for (const { connection } of this.devices) connection?.drop();
  }

  restore(roomId: RoomName, count: number): void {
    for (const id of this.server.loseTail(roomId, count)) this.lost.add(id);
    this.restartServer();
  }

  /** What the server does slowly always: it tells every connection all heads. */
  async sweep(): Promise<void> {
    const { sync } = this.server.world.services;
    this.server.beacon();
    const { rooms, userPts } = await sync.start(this.server.world.userKey(ME));
    const heads = rooms.map(({ id, epoch, pts }) => ({ roomId: id, epoch, pts }));
    for (const { connection } of this.devices) connection?.sweep({ heads, userPts });
  }
}
