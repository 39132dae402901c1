import { randomBytes } from 'node:crypto';
import { Bus, chunksOf, type BusMessage, type Channel } from '@parley/domain';
import { Cluster } from 'ioredis';
import { Packr, Unpackr } from 'msgpackr';
import type { RedisPlace } from '../../config/redis-url.js';
import { openRedis, type RedisClient } from '../redis/redis.js';

/** So much may wait for a Redis that does not take it; the rest is dropped, and healed by the sweep. */
const WAITING_MAX_BYTES = 4_194_304;
/** A node tells itself through Redis that the link carries; after so many silent beats it does not. */
const BEAT_MS = 1_000;
const SILENT_BEATS = 3;
/** After so many the links are made anew: a half-open one would be kept for minutes. */
const DEAD_BEATS = 6;
/** Channels asked for in one command. */
const CHANNELS_TOGETHER = 500;
const NAME_BYTES = 16;

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false });

/**
 * Nodes tell each other through Redis pub/sub, sharded in a cluster. Nothing waits for it, nothing is queued for a Redis
 * that is away: what is lost is found in the log. What one turn of the event loop has for a channel is one packet.
 */
export class RedisBus extends Bus {
  /** In front of everything this node sends, so that it knows its own again. */
  private readonly name = randomBytes(NAME_BYTES);
  private readonly out: RedisClient;
  private readonly in: RedisClient;
  private readonly beatChannel: string;
  private readonly timer: NodeJS.Timeout;
  private readonly outgoing = new Map<Channel, BusMessage[]>();
  private readonly followed = new Set<Channel>();
  private readonly joining = new Set<Channel>(['all']);
  private readonly leaving = new Set<Channel>();
  private isFlushing = false;
  private silentBeats = SILENT_BEATS;
  private hasCarried = false;
  private hasNotUnderstood = false;
  private readonly takers: ((message: BusMessage) => void)[] = [];
  private hearBack: () => void = () => undefined;

  /** `prefix`: what tells installations apart that share one Redis. */
  constructor(
    place: RedisPlace,
    private readonly prefix: string,
    private readonly onNote: (note: string) => void,
  ) {
    super();
    this.out = openRedis(place, { isPatient: false });
    this.in = openRedis(place, { isPatient: true });
    this.beatChannel = `${prefix}/beat/${this.name.toString('hex')}`;
    for (const client of [this.out, this.in]) client.on('error', () => undefined);
    this.in.on(this.isSharded ? 'smessageBuffer' : 'messageBuffer', (channel: Buffer, body: Buffer) => this.read(channel, body));
    this.subscribe([this.beatChannel]);
    this.changeSubscriptions();
    this.timer = setInterval(() => this.beat(), BEAT_MS).unref();
    this.out.once('ready', () => this.beat());
  }

  private get isSharded(): boolean {
    return this.in instanceof Cluster;
  }

  override get state(): 'up' | 'down' {
    return this.silentBeats >= SILENT_BEATS ? 'down' : 'up';
  }

  override send(channel: Channel, message: BusMessage): void {
    const waiting = this.outgoing.get(channel);
    if (waiting) waiting.push(message);
    else this.outgoing.set(channel, [message]);
    this.flushSoon();
  }

  override receive(take: (message: BusMessage) => void): void {
    this.takers.push(take);
  }

  override whenBack(hear: () => void): void {
    this.hearBack = hear;
  }

  override follow(channel: Channel): void {
    this.leaving.delete(channel);
    if (!this.followed.has(channel)) this.joining.add(channel);
    this.flushSoon();
  }

  override unfollow(channel: Channel): void {
    this.joining.delete(channel);
    if (this.followed.has(channel)) this.leaving.add(channel);
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    setImmediate(() => {
      this.isFlushing = false;
      this.changeSubscriptions();
      for (const [channel, messages] of this.outgoing) this.publish(`${this.prefix}/${channel}`, encodeMessages(this.name, messages));
      this.outgoing.clear();
    });
  }

  private publish(channel: string, body: Buffer): void {
    if (!this.hasRoom()) return;
    const sent = this.out instanceof Cluster ? this.out.spublish(channel, body) : this.out.publish(channel, body);
    sent.catch(() => undefined);
  }

  private hasRoom(): boolean {
    if (this.out.status !== 'ready') return false;
    return this.out instanceof Cluster || this.out.stream.writableLength <= WAITING_MAX_BYTES;
  }

  private changeSubscriptions(): void {
    for (const channel of this.leaving) this.followed.delete(channel);
    for (const channel of this.joining) this.followed.add(channel);
    this.unsubscribe([...this.leaving].map((channel) => `${this.prefix}/${channel}`));
    this.subscribe([...this.joining].map((channel) => `${this.prefix}/${channel}`));
    this.leaving.clear();
    this.joining.clear();
  }

  /** What is asked of a link that is away waits for it, and is asked again of the next. */
  private subscribe(channels: readonly string[]): void {
    for (const some of this.together(channels))
      (this.isSharded ? this.in.ssubscribe(...some) : this.in.subscribe(...some)).catch(() => undefined);
  }

  private unsubscribe(channels: readonly string[]): void {
    for (const some of this.together(channels))
      (this.isSharded ? this.in.sunsubscribe(...some) : this.in.unsubscribe(...some)).catch(() => undefined);
  }

  /** A sharded command speaks of one slot, so of one channel. */
  private together(channels: readonly string[]): string[][] {
    return chunksOf(this.isSharded ? 1 : CHANNELS_TOGETHER, channels);
  }

  private read(channel: Buffer, body: Buffer): void {
    if (body.length === 0) {
      if (channel.toString() === this.beatChannel) this.hearBeat();
      return;
    }
    if (body.subarray(0, NAME_BYTES).equals(this.name)) return;
    for (const message of decodeMessages(body)) for (const take of this.takers) this.give(message, take);
  }

  /** A node of another version may say what nobody here understands: what is durable is found in the log. */
  private give(message: BusMessage, take: (message: BusMessage) => void): void {
    try {
      take(message);
    } catch (error) {
      if (!this.hasNotUnderstood) this.onNote(`a message of another node was not understood: ${String(error)}`);
      this.hasNotUnderstood = true;
    }
  }

  private beat(): void {
    this.silentBeats += 1;
    if (this.silentBeats === SILENT_BEATS) this.onNote('Redis does not answer: other nodes’ events are looked for in the log');
    if (this.silentBeats % DEAD_BEATS === 0)
      for (const client of [this.in, this.out]) if (client.status === 'ready') client.disconnect(true);
    this.publish(this.beatChannel, Buffer.alloc(0));
  }

  private hearBeat(): void {
    const wasDown = this.state === 'down';
    this.silentBeats = 0;
    if (!wasDown) return;
    if (this.hasCarried) this.onNote('Redis carries events between nodes again');
    this.hasCarried = true;
    this.hearBack();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.out.disconnect();
    this.in.disconnect();
  }
}

export const encodeMessages = (node: Buffer, messages: readonly BusMessage[]): Buffer => Buffer.concat([node, packr.pack(messages)]);

/** Nothing of a body that another version wrote and this one cannot read: it is found in the log. */
export function decodeMessages(body: Buffer): readonly BusMessage[] {
  try {
    const messages: unknown = unpackr.unpack(body.subarray(NAME_BYTES));
    return Array.isArray(messages) ? (messages as BusMessage[]) : [];
  } catch {
    return [];
  }
}
