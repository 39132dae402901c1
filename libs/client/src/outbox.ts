import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';

export interface OutboxPorts {
  readonly storage: OutboxStorage;
  readonly onChange: (roomId: string, entries: readonly OutboxEntry[]) => void;
  /** The storage failed: messages are still sent, but would not survive a reload. */
  readonly onStorageError: (error: unknown) => void;
}

/** What waits to be sent, per room in the order it was said, mirrored into the storage. */
export class Outbox {
  private readonly rooms = new Map<string, readonly OutboxEntry[]>();
  private storing: Promise<void> = Promise.resolve();
  private userId?: string;
  private lastOrder = 0;
  private isLoaded = false;

  constructor(private readonly ports: OutboxPorts) {}

  get isReady(): boolean {
    return this.isLoaded;
  }

  /** Brings back what an earlier life of this user left; `then` runs when that is done, also when the storage failed. */
  open(userId: string, then: () => void): void {
    if (this.userId !== undefined) return;
    this.userId = userId;
    this.store(async () => {
      const stored = await this.ports.storage.load().catch((error: unknown) => {
        this.ports.onStorageError(error);
        return [];
      });
      this.adopt(stored.filter((entry) => entry.userId === userId && !this.find(entry.clientMessageId)).map(revived), userId);
      this.isLoaded = true;
      then();
    });
  }

  /** What was kept comes before what was said meanwhile. */
  private adopt(stored: readonly OutboxEntry[], userId: string): void {
    const earlier = [...stored].sort((a, b) => a.order - b.order);
    const shift = earlier.at(-1)?.order ?? 0;
    this.lastOrder += shift;
    for (const roomId of new Set([...earlier.map((entry) => entry.roomId), ...this.rooms.keys()])) {
      const said = this.entriesOf(roomId).map((entry) => ({ ...entry, userId, order: entry.order + shift }));
      this.set(roomId, [...earlier.filter((entry) => entry.roomId === roomId), ...said]);
      for (const entry of said) this.keep(entry);
    }
  }

  /** Appends behind everything of its room. */
  add(entry: Omit<OutboxEntry, 'order' | 'userId'>): void {
    this.lastOrder += 1;
    const added: OutboxEntry = { ...entry, userId: this.userId, order: this.lastOrder };
    this.set(entry.roomId, [...this.entriesOf(entry.roomId).filter((other) => other.clientMessageId !== entry.clientMessageId), added]);
    if (this.isLoaded) this.keep(added);
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
  private store(step: () => Promise<void>): void {
    this.storing = this.storing.then(step).catch(this.ports.onStorageError);
  }
}

/** An earlier life may have sent it: its outcome counts as unknown. */
const revived = (entry: OutboxEntry): OutboxEntry =>
  entry.status === 'failed' ? entry : { ...entry, status: 'queued', attempts: Math.max(1, entry.attempts) };
