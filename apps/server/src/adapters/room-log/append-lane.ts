import { DomainError, roomKeyOf, StaleFacts, type MessageEntry, type RoomEvent, type SentMessage } from '@parley/domain';
import pg from 'pg';
import { connectionOptions, isUniqueViolation, translate } from '../postgres/postgres.js';
import { APPEND_BATCH, batchValues, type BatchRow, type Placed } from './append-batch.js';

export interface Waiting {
  readonly entry: MessageEntry;
  /** When it was asked for, by this process's clock. */
  readonly since: number;
  readonly done: (sent: SentMessage) => void;
  readonly fail: (error: unknown) => void;
}

/** Rows of one commit at most; more wait for the next, which is a few milliseconds away. */
const BATCH_ROWS = 800;
const BATCH_BYTES = 1_000_000;
/** Beyond this many waiting appends new ones are refused rather than queued (G21). */
const QUEUE_MAX = 20_000;
const DEADLINE_MS = 4_500;
/** When a commit fails, what has waited this long behind it is refused too: the next attempt may take as long again. */
const PATIENCE_MS = 1_500;

/** The plan of the append must not change with statistics: keys only, never a scan of the log. */
const SESSION = 'SET ROLE parley_log; SET enable_seqscan = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan';

/**
 * Group commit: what arrives while a commit is in flight goes out together with the next. One connection, one flight at
 * a time, no wait when idle. Rooms that a change is working on stay behind, so that one room's change delays only it.
 */
export class AppendLane {
  private queue: Waiting[] = [];
  private readonly flying = new Set<string>();
  private readonly held = new Map<string, number>();
  private readonly freed: (() => void)[] = [];
  private client?: pg.Client;
  private isBusy = false;
  private isScheduled = false;
  private isClosed = false;

  constructor(
    private readonly url: string,
    private readonly repeats: (items: readonly Waiting[]) => Promise<readonly Waiting[]>,
    private readonly afterCommit: () => void,
  ) {}

  push(item: Waiting): void {
    if (this.isClosed || this.queue.length >= QUEUE_MAX) {
      item.fail(new DomainError('unavailable', { detail: 'too many messages wait for the database', retryAfterMs: 1_000 }));
      return;
    }
    this.queue.push(item);
    this.schedule();
  }

  /** Keeps a room's appends back while `run` works on it, after those in flight are through. Results stay in pts order. */
  async withRoom<T>(key: string, run: () => Promise<T>): Promise<T> {
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
    while (this.flying.has(key)) await new Promise<void>((free) => this.freed.push(free));
    try {
      return await run();
    } finally {
      const left = (this.held.get(key) ?? 1) - 1;
      if (left > 0) this.held.set(key, left);
      else this.held.delete(key);
      this.schedule();
    }
  }

  private schedule(): void {
    if (this.isBusy || this.isScheduled || this.queue.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.fly();
    });
  }

  private async fly(): Promise<void> {
    if (this.isBusy) return;
    const batch = this.takeBatch();
    if (batch.length === 0) return;
    this.isBusy = true;
    for (const { entry } of batch) this.flying.add(roomKeyOf(entry.room));
    try {
      await this.commit(batch);
    } catch (error) {
      for (const item of batch) item.fail(translate(error));
      this.refuseLate();
    } finally {
      this.flying.clear();
      this.isBusy = false;
      for (const free of this.freed.splice(0)) free();
      this.schedule();
    }
  }

  private refuseLate(): void {
    const late = performance.now() - PATIENCE_MS;
    const refusal = new DomainError('unavailable', { detail: 'the database does not answer', retryAfterMs: 1_000 });
    for (const item of this.queue) if (item.since < late) item.fail(refusal);
    this.queue = this.queue.filter(({ since }) => since >= late);
  }

  /** In order of arrival, without rooms that are held and without a second message under the same client id. */
  private takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const behind: Waiting[] = [];
    const ids = new Set<string>();
    let bytes = 0;
    for (const item of this.queue) {
      const { room, message } = item.entry;
      const id = `${roomKeyOf(room)}/${message.sender.no}/${message.clientMessageId}`;
      const isFull = batch.length >= BATCH_ROWS || bytes >= BATCH_BYTES;
      if (isFull || this.held.has(roomKeyOf(room)) || ids.has(id)) behind.push(item);
      else {
        ids.add(id);
        bytes += message.text.length;
        batch.push(item);
      }
    }
    this.queue = behind;
    return batch;
  }

  /** Repeats and stale entries are taken out and answered; the rest goes again, as one batch. */
  private async commit(batch: readonly Waiting[]): Promise<void> {
    const { current, outdated } = splitOutdated(batch);
    await this.refuseStale(outdated);
    let left: readonly Waiting[] = current;
    const deadline = Date.now() + DEADLINE_MS;
    while (left.length > 0) {
      if (Date.now() > deadline) throw new DomainError('unavailable', { detail: 'the database is too slow', retryAfterMs: 1_000 });
      left = await this.attempt(left);
    }
  }

  /** One statement. Returns what has to go again. */
  private async attempt(items: readonly Waiting[]): Promise<readonly Waiting[]> {
    const { placed, values } = batchValues(items);
    let rows: BatchRow[];
    try {
      rows = (await (await this.connection()).query<BatchRow>({ name: 'append-batch', text: APPEND_BATCH, values })).rows;
    } catch (error) {
      if (!isUniqueViolation(error)) {
        this.discard();
        throw error;
      }
      const rest = await this.repeats(items);
      if (rest.length === items.length) throw error;
      return rest;
    }
    return this.settle(placed, rows);
  }

  /** Answers what was committed; returns what has to go again because others in the batch were stale. */
  private async settle(placed: readonly Placed<Waiting>[], rows: readonly BatchRow[]): Promise<Waiting[]> {
    const stale = new Set(rows.filter((row) => row.stale_sender !== null).map((row) => `${row.gi}/${row.stale_sender}`));
    if (stale.size > 0) {
      const isStale = ({ group, item }: Placed<Waiting>): boolean => stale.has(`${group}/${item.entry.message.sender.no}`);
      await this.refuseStale(placed.filter(isStale).map(({ item }) => item));
      return placed.filter((entry) => !isStale(entry)).map(({ item }) => item);
    }
    if (rows.length > 0) this.afterCommit();
    const heads = new Map(rows.map((row) => [row.gi, row]));
    const left: Waiting[] = [];
    for (const { item, group, offset } of placed) {
      const head = heads.get(group);
      if (head) item.done(sentOf(item.entry, head, offset));
      else left.push(item);
    }
    await this.refuseStale(left);
    return [];
  }

  /** A repeat is answered with the first message even where its sender's facts have changed since (G2). */
  private async refuseStale(items: readonly Waiting[]): Promise<void> {
    if (items.length === 0) return;
    for (const item of await this.repeats(items)) item.fail(new StaleFacts());
  }

  private async connection(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = new pg.Client(connectionOptions(this.url));
    const drop = (): void => {
      if (this.client === client) this.client = undefined;
    };
    client.on('error', drop);
    client.on('end', drop);
    await client.connect();
    await client.query(SESSION);
    this.client = client;
    return client;
  }

  private discard(): void {
    const { client } = this;
    this.client = undefined;
    client?.end().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const item of this.queue.splice(0))
      item.fail(new DomainError('unavailable', { detail: 'the server is stopping', retryAfterMs: 1_000 }));
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}

/** Facts read under an older version than a neighbour's are outdated for certain: versions only rise. */
function splitOutdated(items: readonly Waiting[]): { current: Waiting[]; outdated: Waiting[] } {
  const newest = new Map<string, number>();
  const versionsOf = ({ entry: { room, facts, message } }: Waiting): [string, number][] => [
    [`tenant ${room.tenantId}`, facts.tenant],
    [`room ${roomKeyOf(room)}`, facts.room],
    [`sender ${room.tenantId}/${message.sender.no}`, facts.sender],
  ];
  for (const item of items) for (const [key, version] of versionsOf(item)) newest.set(key, Math.max(version, newest.get(key) ?? 0));
  const current: Waiting[] = [];
  const outdated: Waiting[] = [];
  for (const item of items) (versionsOf(item).every(([key, version]) => version === newest.get(key)) ? current : outdated).push(item);
  return { current, outdated };
}

/** What was committed, as the log would read it back. */
export function sentOf(entry: MessageEntry, head: Pick<BatchRow, 'base_pts' | 'base_seq' | 'epoch' | 'at'>, offset: number): SentMessage {
  const { room, message } = entry;
  const { id, sender, clientMessageId, type, text, mentions, replyTo, metadata } = message;
  const pts = (head.base_pts ?? 0) + offset;
  const seq = head.base_seq + offset;
  const stored = {
    id,
    roomId: room.roomId,
    seq,
    pts,
    type,
    sender,
    clientMessageId,
    text,
    mentions: mentions.map((mention) => mention.id),
    replyTo,
    metadata,
    createdAt: head.at,
  };
  const event: RoomEvent = {
    id,
    type: 'message.created',
    tenantId: room.tenantId,
    roomNo: room.roomNo,
    roomId: room.roomId,
    epoch: head.epoch,
    pts,
    seq,
    at: head.at,
    actor: { kind: 'user', user: sender },
    data: { message: stored },
  };
  return { message: stored, deduplicated: false, appended: { events: [event], userEvents: [] } };
}
