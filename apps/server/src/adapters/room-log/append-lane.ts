import { DomainError, roomKeyOf, StaleFacts, type MessageEntry, type RoomEvent, type SentMessage } from '@parley/domain';
import { isConnectionTrouble, isUniqueViolation, translate } from '../postgres/postgres.js';
import { batchOf, type Batch, type BatchRow, type Placed } from './append-batch.js';
import { AppendQueue, isExpired, type Waiting } from './append-queue.js';

/** How long repeats, stale entries and neighbours of a failed one may keep a batch going again. */
const DEADLINE_MS = 4_500;
/** When a commit fails, what has waited this long behind it is refused too: the next attempt may take as long again. */
const PATIENCE_MS = 1_500;
const EXPIRE_EVERY_MS = 500;
/** Rooms that go on alone at the same time; the connections are there for others too. */
const ALONE_MAX = 3;

/** Where the statement of a batch runs. */
export interface AppendStatements {
  /** On the connection of the lane; a room that somebody holds locked is left out and named. */
  together(batch: Batch<Waiting>): Promise<readonly BatchRow[]>;
  /** One room's, in a transaction of its own that waits for the lock, for a while. */
  alone(batch: Batch<Waiting>): Promise<readonly BatchRow[]>;
  /** Answers the repeats among a refused batch; returns the rest. */
  answerRepeats(items: readonly Waiting[]): Promise<readonly Waiting[]>;
  afterCommit(rows: readonly BatchRow[], placed: readonly Placed<Waiting>[]): void;
}

type Run = (batch: Batch<Waiting>) => Promise<readonly BatchRow[]>;

/**
 * Group commit: what arrives while a commit is in flight goes out together with the next. One connection, one flight at
 * a time, no wait when idle. A room that is locked, and one whose messages the database refuses for whatever reason,
 * leaves the common lane and goes on alone, so that it delays no other.
 */
export class AppendLane {
  private readonly queue = new AppendQueue();
  private readonly flying = new Set<string>();
  private readonly freed: (() => void)[] = [];
  private alone = 0;
  private readonly nextAlone: (() => void)[] = [];
  private isBusy = false;
  private isScheduled = false;
  private isClosed = false;
  private expiry?: NodeJS.Timeout;

  constructor(private readonly statements: AppendStatements) {}

  push(item: Waiting): void {
    if (this.isClosed) {
      item.fail(new DomainError('unavailable', { detail: 'the server is stopping', retryAfterMs: 1_000 }));
      return;
    }
    this.queue.push(item);
    this.schedule();
  }

  /** Keeps a room's appends back while `run` works on it, after those in flight are through. Results stay in pts order. */
  async withRoom<T>(key: string, run: () => Promise<T>): Promise<T> {
    this.queue.hold(key);
    try {
      while (this.flying.has(key)) await new Promise<void>((free) => this.freed.push(free));
      return await run();
    } finally {
      this.queue.release(key);
      this.schedule();
    }
  }

  private schedule(): void {
    if (this.queue.size > 0) this.watchAge();
    if (this.isBusy || this.isScheduled || !this.queue.isReady) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.fly();
    });
  }

  /** While anything waits: a flight that hangs, or a room that is held, must not make others wait for ever. */
  private watchAge(): void {
    this.expiry ??= setTimeout(() => {
      this.expiry = undefined;
      this.queue.expireLate();
      if (this.queue.size > 0) this.watchAge();
    }, EXPIRE_EVERY_MS).unref();
  }

  private async fly(): Promise<void> {
    if (this.isBusy) return;
    const batch = this.queue.take();
    if (batch.length === 0) return;
    this.isBusy = true;
    for (const { entry } of batch) this.flying.add(roomKeyOf(entry.room));
    try {
      await this.commit(batch, (together) => this.statements.together(together));
    } catch (error) {
      this.failOrPart(batch, error);
    } finally {
      this.flying.clear();
      this.isBusy = false;
      for (const free of this.freed.splice(0)) free();
      this.schedule();
    }
  }

  /** A database that is away refuses everybody; a statement it refuses is tried again room by room. */
  private failOrPart(batch: readonly Waiting[], error: unknown): void {
    if (!isConnectionTrouble(error) && !(error instanceof DomainError)) {
      this.partOff(batch);
      return;
    }
    for (const item of batch) item.fail(translate(error));
    this.queue.expireLate(PATIENCE_MS);
  }

  private partOff(items: readonly Waiting[]): void {
    for (const [key, own] of Map.groupBy(items, ({ entry }) => roomKeyOf(entry.room))) void this.goAlone(key, own);
  }

  /** The room's next messages wait for these, or they would overtake. Never rejects: every item gets its answer. */
  private async goAlone(key: string, items: readonly Waiting[]): Promise<void> {
    await this.withRoom(key, async () => {
      while (this.alone >= ALONE_MAX) await new Promise<void>((next) => this.nextAlone.push(next));
      this.alone += 1;
      try {
        await this.commitAlone(items.filter((item) => !isExpired(item)));
      } finally {
        this.alone -= 1;
        this.nextAlone.shift()?.();
      }
    });
  }

  private async commitAlone(items: readonly Waiting[]): Promise<void> {
    try {
      await this.commit(items, (alone) => this.statements.alone(alone));
    } catch (error) {
      if (items.length === 1 || isConnectionTrouble(error) || error instanceof DomainError)
        for (const item of items) item.fail(translate(error));
      else await this.oneByOne(items);
    }
  }

  private async oneByOne(items: readonly Waiting[]): Promise<void> {
    for (const item of items) {
      try {
        await this.commit([item], (alone) => this.statements.alone(alone));
      } catch (error) {
        item.fail(translate(error));
      }
    }
  }

  /** Repeats and stale entries are taken out and answered; the rest goes again, as one batch. */
  private async commit(batch: readonly Waiting[], run: Run): Promise<void> {
    const { current, outdated } = splitOutdated(batch);
    await this.refuseStale(outdated);
    let left: readonly Waiting[] = current;
    const deadline = performance.now() + DEADLINE_MS;
    while (left.length > 0) {
      if (performance.now() > deadline) throw new DomainError('unavailable', { detail: 'the database is too slow', retryAfterMs: 1_000 });
      left = await this.attempt(left, run);
    }
  }

  /** One statement. Returns what has to go again. */
  private async attempt(items: readonly Waiting[], run: Run): Promise<readonly Waiting[]> {
    const batch = batchOf(items);
    let rows: readonly BatchRow[];
    try {
      rows = await run(batch);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const rest = await this.statements.answerRepeats(items);
      if (rest.length === items.length) throw error;
      return rest;
    }
    return this.settle(batch.placed, rows);
  }

  /** Answers what was committed; returns what has to go again because others in the batch were stale. */
  private async settle(placed: readonly Placed<Waiting>[], rows: readonly BatchRow[]): Promise<Waiting[]> {
    const stale = new Set(rows.flatMap(({ gi, stale_sender }) => (stale_sender === null ? [] : [`${gi}/${stale_sender}`])));
    if (stale.size > 0) {
      const isStale = ({ group, item }: Placed<Waiting>): boolean => stale.has(`${group}/${item.entry.message.sender.no}`);
      await this.refuseStale(placed.filter(isStale).map(({ item }) => item));
      return placed.filter((entry) => !isStale(entry)).map(({ item }) => item);
    }
    const heads = new Map(rows.filter(({ base_pts }) => base_pts !== null).map((row) => [row.gi, row]));
    const locked = new Set(rows.filter(({ base_pts }) => base_pts === null).map(({ gi }) => gi));
    if (heads.size > 0) this.statements.afterCommit([...heads.values()], placed);
    const outdated: Waiting[] = [];
    const apart: Waiting[] = [];
    for (const { item, group, offset } of placed) {
      const head = heads.get(group);
      if (head) item.done(sentOf(item.entry, head, offset));
      else (locked.has(group) ? apart : outdated).push(item);
    }
    this.partOff(apart);
    await this.refuseStale(outdated);
    return [];
  }

  /** A repeat is answered with the first message even where its sender's facts have changed since (G2). */
  private async refuseStale(items: readonly Waiting[]): Promise<void> {
    if (items.length === 0) return;
    for (const item of await this.statements.answerRepeats(items)) item.fail(new StaleFacts());
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.expiry);
    this.queue.clear(new DomainError('unavailable', { detail: 'the server is stopping', retryAfterMs: 1_000 }));
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
