import { localProblem, ParleyError } from './http.js';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';
import type { TimerHandle, Timers } from './timers.js';

export interface OutboxPorts {
  readonly timers: Timers;
  readonly storage: OutboxStorage;
  readonly onChange: (roomId: string, entries: readonly OutboxEntry[]) => void;
  /** Told once: messages are still sent, but those not sent yet would not survive a reload. */
  readonly onStorageError: (error: ParleyError) => void;
}

/** Browsers have been seen to never answer: sending must not wait for a storage longer than this. */
const STORAGE_MS = 5_000;

/** What waits to be sent, per room in the order it was said, mirrored into the storage. */
export class Outbox {
  private readonly rooms = new Map<string, readonly OutboxEntry[]>();
  private storing: Promise<void> = Promise.resolve();
  private userId?: string;
  private lastOrder = 0;
  private state: 'new' | 'loading' | 'ready' | 'closed' = 'new';
  /** A storage that cannot even be read, or does not answer, is left alone until the outbox is opened again. */
  private isStorageUsable = true;
  private hasToldOfFailure = false;
  /** Settled while the storage was being read: what it says of them is old. */
  private settled?: Set<string>;
  /** Entries up to this order were left to the storage when the outbox was closed. */
  private leftUpTo = 0;

  constructor(private readonly ports: OutboxPorts) {}

  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** Brings back what an earlier life of this user left; `then` runs when that is done, also when the storage failed. */
  open(userId: string, then: () => void): void {
    if (this.userId !== undefined) return;
    this.userId = userId;
    this.load(then);
  }

  /** A connection is ready: other tabs may have ended meanwhile, and left what they could not send. */
  refresh(then: () => void): void {
    if (this.userId !== undefined && this.state !== 'loading') this.load(then);
  }

  /** Leaves everything to the storage and to whoever opens it next. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.leftUpTo = this.lastOrder;
    this.store(async () => this.ports.storage.close?.());
  }

  private load(then: () => void): void {
    const isReopening = this.state === 'closed';
    if (this.state !== 'ready') this.state = 'loading';
    this.isStorageUsable ||= isReopening;
    this.storing = this.storing.then(async () => {
      this.settled = new Set();
      const stored = await this.read();
      if (stored && isReopening) this.dropLost(new Set(stored.map(({ clientMessageId }) => clientMessageId)));
      this.adopt(stored ?? []);
      this.settled = undefined;
      if (this.state === 'loading') this.state = 'ready';
      then();
    });
  }

  /** Undefined where it cannot be read. */
  private async read(): Promise<readonly OutboxEntry[] | undefined> {
    if (!this.isStorageUsable) return undefined;
    try {
      return await this.inTime(() => this.ports.storage.load());
    } catch (error) {
      this.isStorageUsable = false;
      this.tellOfFailure(error);
      return undefined;
    }
  }

  /** What was left to the storage and is not there any more has been taken over, and sent, by another tab. */
  private dropLost(stored: ReadonlySet<string>): void {
    for (const roomId of this.roomIds()) {
      const isOurs = ({ clientMessageId, order }: OutboxEntry): boolean => order > this.leftUpTo || stored.has(clientMessageId);
      this.set(roomId, this.entriesOf(roomId).filter(isOurs));
    }
  }

  /** What was kept goes before what was said meanwhile, but behind what may be on its way already. */
  private adopt(stored: readonly OutboxEntry[]): void {
    const isNew = ({ userId, clientMessageId }: OutboxEntry): boolean =>
      userId === this.userId && !this.find(clientMessageId) && !this.settled?.has(clientMessageId);
    const earlier = stored.filter(isNew).sort((a, b) => a.order - b.order);
    const kept = new Set(stored.map(({ clientMessageId }) => clientMessageId));
    for (const roomId of new Set([...earlier.map((entry) => entry.roomId), ...this.roomIds()])) {
      const own = this.entriesOf(roomId);
      const tried = own.filter(({ attempts }) => attempts > 0);
      const waiting = own.filter(({ attempts }) => attempts === 0);
      const theirs = earlier.filter((entry) => entry.roomId === roomId).map(revived);
      this.set(roomId, this.inOrder([...tried, ...theirs, ...waiting], kept));
    }
    for (const { order } of earlier) this.lastOrder = Math.max(this.lastOrder, order);
  }

  /** Numbers rise along the list. What moves to another, and what is not kept yet, is kept. */
  private inOrder(entries: readonly OutboxEntry[], kept: ReadonlySet<string>): readonly OutboxEntry[] {
    let last = 0;
    return entries.map((entry) => {
      last = Math.max(last + 1, entry.order);
      this.lastOrder = Math.max(this.lastOrder, last);
      if (last === entry.order && kept.has(entry.clientMessageId)) return entry;
      const moved: OutboxEntry = { ...entry, order: last, userId: this.userId };
      this.keep(moved);
      return moved;
    });
  }

  /** Appends behind everything of its room. */
  add(entry: Omit<OutboxEntry, 'order' | 'userId'>): void {
    this.lastOrder += 1;
    const added: OutboxEntry = { ...entry, userId: this.userId, order: this.lastOrder };
    this.set(entry.roomId, [...this.entriesOf(entry.roomId).filter((other) => other.clientMessageId !== entry.clientMessageId), added]);
    if (this.isReady) this.keep(added);
  }

  /** Changes an entry where it stands. `isKept`: also in the storage. */
  replace(entry: OutboxEntry, isKept: 'kept' | 'in-memory'): void {
    this.set(
      entry.roomId,
      this.entriesOf(entry.roomId).map((other) => (other.clientMessageId === entry.clientMessageId ? entry : other)),
    );
    if (isKept === 'kept') this.keep(entry);
  }

  remove({ roomId, clientMessageId }: OutboxEntry): void {
    this.settled?.add(clientMessageId);
    this.set(
      roomId,
      this.entriesOf(roomId).filter((entry) => entry.clientMessageId !== clientMessageId),
    );
    this.store(() => this.ports.storage.remove(clientMessageId));
  }

  entriesOf(roomId: string): readonly OutboxEntry[] {
    return this.rooms.get(roomId) ?? [];
  }

  roomIds(): readonly string[] {
    return [...this.rooms.keys()];
  }

  find(clientMessageId: string): OutboxEntry | undefined {
    for (const entries of this.rooms.values()) {
      const entry = entries.find((candidate) => candidate.clientMessageId === clientMessageId);
      if (entry) return entry;
    }
    return undefined;
  }

  count(): number {
    return [...this.rooms.values()].reduce((sum, entries) => sum + entries.length, 0);
  }

  private set(roomId: string, entries: readonly OutboxEntry[]): void {
    if (entries.length > 0) this.rooms.set(roomId, entries);
    else this.rooms.delete(roomId);
    this.ports.onChange(roomId, entries);
  }

  private keep(entry: OutboxEntry): void {
    this.store(() => this.ports.storage.put(entry));
  }

  /** One after the other, so that a removal never overtakes its own put. */
  private store(step: () => Promise<unknown>): void {
    this.storing = this.storing.then(async () => {
      try {
        if (this.isStorageUsable) await this.inTime(step);
      } catch (error) {
        this.tellOfFailure(error);
      }
    });
  }

  private tellOfFailure(cause: unknown): void {
    if (this.hasToldOfFailure) return;
    this.hasToldOfFailure = true;
    const detail = `unsent messages are kept in memory only: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.ports.onStorageError(new ParleyError({ ...localProblem('storage-failed', detail), retryable: false }));
  }

  private async inTime<T>(step: () => Promise<T>): Promise<T> {
    const { timers } = this.ports;
    let timer: TimerHandle;
    const late = new Promise<never>((_, reject) => {
      timer = timers.setTimeout(() => {
        this.isStorageUsable = false;
        reject(new Error('the storage does not answer'));
      }, STORAGE_MS);
    });
    try {
      return await Promise.race([step(), late]);
    } finally {
      timers.clearTimeout(timer);
    }
  }
}

/** An earlier life may have sent it: its outcome counts as unknown. */
const revived = (entry: OutboxEntry): OutboxEntry =>
  entry.status === 'failed' ? entry : { ...entry, status: 'queued', attempts: Math.max(1, entry.attempts) };
