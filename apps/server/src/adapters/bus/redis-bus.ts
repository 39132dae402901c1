import { randomUUID } from 'node:crypto';
import { Bus, type BusMessage } from '@parley/domain';
import { Redis } from 'ioredis';

const CHANNEL = 'parley:bus';
const RECONNECT_MAX_MS = 2_000;
/** So much may wait for a Redis that does not take it; the rest is dropped, and healed by the sweep. */
const WAITING_MAX_BYTES = 4_194_304;

/**
 * Nodes tell each other through Redis pub/sub. Nothing waits for it, nothing is queued for a Redis that is away: what
 * is lost is found in the log.
 */
export class RedisBus extends Bus {
  private readonly node = randomUUID();
  private readonly out: Redis;
  private readonly in: Redis;
  private take: (message: BusMessage) => void = () => undefined;
  private isDown = false;

  constructor(url: string, onNote: (note: string) => void) {
    super();
    const options = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times: number) => Math.min(times * 100, RECONNECT_MAX_MS),
    };
    this.out = new Redis(url, options);
    this.in = new Redis(url, { ...options, enableOfflineQueue: true, maxRetriesPerRequest: null });
    for (const client of [this.out, this.in]) client.on('error', (error: Error) => this.note(onNote, error.message));
    this.out.on('ready', () => this.note(onNote, undefined));
    this.in.on('message', (_: string, text: string) => this.read(text));
    void this.in.subscribe(CHANNEL).catch(() => undefined);
  }

  /** Said once when it goes, and once when it is back. */
  private note(onNote: (note: string) => void, trouble: string | undefined): void {
    if (this.isDown === (trouble !== undefined)) return;
    this.isDown = trouble !== undefined;
    onNote(trouble === undefined ? 'Redis is back' : `Redis is away (${trouble}): other nodes hear of new events by the sweep`);
  }

  override send(message: BusMessage): void {
    if (this.out.status !== 'ready' || this.out.stream.writableLength > WAITING_MAX_BYTES) return;
    this.out.publish(CHANNEL, encodeMessage(this.node, message)).catch(() => undefined);
  }

  override receive(take: (message: BusMessage) => void): void {
    this.take = take;
  }

  private read(text: string): void {
    const [node, message] = decodeMessage(text);
    if (node !== this.node) this.take(message);
  }

  async close(): Promise<void> {
    this.out.disconnect();
    this.in.disconnect();
  }
}

const NODE_LENGTH = 36;

/**
 * The node's name, then JSON in which dates are marked with that name: it is new in every process and told to nobody, so
 * that no app's own data can look like a mark.
 */
export function encodeMessage(node: string, message: BusMessage): string {
  return (
    node +
    JSON.stringify(message, function (this: Record<string, unknown>, key: string, value: unknown) {
      // JSON turns dates into text before it asks here; the holder still has them.
      return this[key] instanceof Date ? { [node]: value } : value;
    })
  );
}

export function decodeMessage(text: string): [node: string, message: BusMessage] {
  const node = text.slice(0, NODE_LENGTH);
  const message = JSON.parse(text.slice(NODE_LENGTH), (_, value: unknown) =>
    typeof value === 'object' && value !== null && node in value ? new Date(String((value as Record<string, unknown>)[node])) : value,
  ) as BusMessage;
  return [node, message];
}
