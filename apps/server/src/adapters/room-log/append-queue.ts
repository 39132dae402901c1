import { DomainError, roomKeyOf, type MessageEntry, type SentMessage, type TenantId } from '@parley/domain';

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
/** Of one tenant at a time, so that all tenants are in each commit however much one of them says (G14). */
const SHARE = 50;
/** Beyond this many waiting appends new ones are refused rather than queued (G21). */
const QUEUE_MAX = 20_000;
/** One tenant alone does not fill the queue of all. */
const TENANT_MAX = 12_000;
/** Who has waited this long is refused: with what a commit may take, every answer comes within 5 s (G21). */
const AGE_MAX_MS = 2_000;

const tooMany = (): DomainError =>
  new DomainError('unavailable', { detail: 'too many messages wait for the database', retryAfterMs: 1_000 });
const tooLate = (): DomainError => new DomainError('unavailable', { detail: 'the database is too slow', retryAfterMs: 1_000 });

/** Has waited too long, and is told so. */
export function isExpired(item: Waiting): boolean {
  const isLate = item.since < performance.now() - AGE_MAX_MS;
  if (isLate) item.fail(tooLate());
  return isLate;
}

/**
 * Appends that wait for a commit: in order of arrival for each tenant, tenants in turn. Those of a room that something
 * else is working on are put aside until it is free, so that they delay nobody.
 */
export class AppendQueue {
  private readonly lines = new Map<TenantId, Waiting[]>();
  private readonly aside = new Map<string, Waiting[]>();
  private readonly held = new Map<string, number>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Is there anything that could go now? */
  get isReady(): boolean {
    return this.lines.size > 0;
  }

  push(item: Waiting): void {
    const { tenantId } = item.entry.room;
    const line = this.lines.get(tenantId) ?? [];
    if (this.count >= QUEUE_MAX || line.length >= TENANT_MAX) {
      item.fail(tooMany());
      return;
    }
    line.push(item);
    this.count += 1;
    this.lines.set(tenantId, line);
  }

  hold(key: string): void {
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
  }

  release(key: string): void {
    const left = (this.held.get(key) ?? 1) - 1;
    if (left > 0) {
      this.held.set(key, left);
      return;
    }
    this.held.delete(key);
    const waited = this.aside.get(key);
    this.aside.delete(key);
    const tenantId = waited?.[0]?.entry.room.tenantId;
    // Older than anything of the room that came since.
    if (waited && tenantId !== undefined) this.lines.set(tenantId, [...waited, ...(this.lines.get(tenantId) ?? [])]);
  }

  /** What goes out together next: no second message under the same client id, which could only be a repeat. */
  take(): Waiting[] {
    const batch = new Batch();
    const late = performance.now() - AGE_MAX_MS;
    for (let before = -1; batch.items.length > before && !batch.isFull;) {
      before = batch.items.length;
      for (const [tenantId, line] of [...this.lines]) this.takeFrom(tenantId, line, batch, late);
    }
    for (const item of batch.behind.reverse()) {
      const { tenantId } = item.entry.room;
      this.lines.set(tenantId, [item, ...(this.lines.get(tenantId) ?? [])]);
    }
    this.count -= batch.items.length;
    return batch.items;
  }

  private takeFrom(tenantId: TenantId, line: Waiting[], batch: Batch, late: number): void {
    // Whoever was first in this round is last in the next.
    this.lines.delete(tenantId);
    let at = 0;
    for (const end = batch.items.length + SHARE; at < line.length && batch.items.length < end && !batch.isFull; at += 1) {
      const item = line[at];
      if (!item) continue;
      const key = roomKeyOf(item.entry.room);
      if (item.since < late) this.expire(item);
      else if (this.held.has(key)) this.putAside(key, item);
      else batch.add(item);
    }
    if (at < line.length) this.lines.set(tenantId, line.slice(at));
  }

  private putAside(key: string, item: Waiting): void {
    const waiting = this.aside.get(key);
    if (waiting) waiting.push(item);
    else this.aside.set(key, [item]);
  }

  private expire(item: Waiting): void {
    this.count -= 1;
    item.fail(tooLate());
  }

  /** Refuses whatever has waited too long, wherever it waits. */
  expireLate(maxAgeMs = AGE_MAX_MS): void {
    const late = performance.now() - maxAgeMs;
    for (const waiting of [this.lines, this.aside]) {
      for (const [key, line] of waiting as Map<string, Waiting[]>) {
        const kept = line.filter(({ since }) => since >= late);
        for (const item of line) if (item.since < late) this.expire(item);
        if (kept.length > 0) waiting.set(key, kept);
        else waiting.delete(key);
      }
    }
  }

  /** Refuses everything. */
  clear(error: DomainError): void {
    for (const line of [...this.lines.values(), ...this.aside.values()]) for (const { fail } of line) fail(error);
    this.lines.clear();
    this.aside.clear();
    this.count = 0;
  }
}

class Batch {
  readonly items: Waiting[] = [];
  readonly behind: Waiting[] = [];
  private readonly ids = new Set<string>();
  private bytes = 0;

  get isFull(): boolean {
    return this.items.length >= BATCH_ROWS || this.bytes >= BATCH_BYTES;
  }

  add(item: Waiting): void {
    const { room, message } = item.entry;
    const id = `${roomKeyOf(room)}/${message.sender.no}/${message.clientMessageId}`;
    if (this.ids.has(id)) {
      this.behind.push(item);
      return;
    }
    this.ids.add(id);
    this.bytes += message.text.length;
    this.items.push(item);
  }
}
