import { newClientMessageId } from './client-message-id.js';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';

const STORE = 'outbox';

/** Whose entry it is: the tab that holds the lock of that name. Absent in entries of before there were owners. */
type Row = OutboxEntry & { readonly owner?: string };

/**
 * Keeps unsent messages in the browser. Tabs share the database and not the entries: each sends what was said in it. An
 * owner is a Web Lock, which the browser gives up with the tab, however that ends; entries without a living owner are
 * taken over by the next tab that looks. Where there are no Web Locks (pages over plain http) every tab sends everything
 * that is left: each message is still stored once, by its `clientMessageId`, and in order.
 */
export class IndexedDbOutbox implements OutboxStorage {
  private readonly owner = newClientMessageId();
  private opened?: Promise<IDBDatabase>;
  private holding?: Promise<void>;
  private release?: () => void;

  /** `name` of the database: one for each server the app talks to. */
  constructor(private readonly name = 'parley') {}

  async load(): Promise<readonly OutboxEntry[]> {
    await this.hold();
    const rows = await this.rows();
    const { locks } = this;
    if (!locks) return rows.map(toEntry);
    const others = new Set(rows.map(({ owner }) => owner).filter((owner) => owner !== this.owner));
    for (const owner of others)
      await locks.request(this.lockOf(owner), { ifAvailable: true }, async (lock) => {
        if (lock) await this.takeOver(owner);
      });
    const owned = others.size > 0 ? await this.rows() : rows;
    return owned.filter(({ owner }) => owner === this.owner).map(toEntry);
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.hold();
    const row: Row = { ...entry, owner: this.owner };
    await this.run('readwrite', (store) => store.put(row));
  }

  async remove(clientMessageId: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(clientMessageId));
  }

  async close(): Promise<void> {
    this.release?.();
    this.release = this.holding = undefined;
  }

  private get locks(): LockManager | undefined {
    return globalThis.navigator?.locks;
  }

  private lockOf(owner = 'nobody'): string {
    return `${this.name} ${owner}`;
  }

  /** Resolves when this tab's own lock is held, or cannot be had. */
  private hold(): Promise<void> {
    this.holding ??= new Promise((resolve) => {
      if (!this.locks) return resolve();
      const held = (): Promise<void> => {
        resolve();
        return new Promise((release) => (this.release = release));
      };
      this.locks.request(this.lockOf(this.owner), held).catch(() => resolve());
    });
    return this.holding;
  }

  /** In one transaction, so that what its owner's last breath removed is not brought back. */
  private takeOver(owner: string | undefined): Promise<unknown> {
    return this.run('readwrite', (store) => {
      const all = store.getAll() as IDBRequest<Row[]>;
      all.onsuccess = () => {
        for (const row of all.result) if (row.owner === owner) store.put({ ...row, owner: this.owner });
      };
      return all;
    });
  }

  private rows(): Promise<Row[]> {
    return this.run('readonly', (store) => store.getAll() as IDBRequest<Row[]>);
  }

  /** Resolves when the transaction is complete, not merely asked for. */
  private async run<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await this.database();
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, mode);
      const request = use(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('the outbox could not be written'));
    });
  }

  private async database(): Promise<IDBDatabase> {
    this.opened ??= this.open();
    try {
      return await this.opened;
    } catch (error) {
      this.opened = undefined; // Private windows and full disks pass: ask again next time.
      throw error;
    }
  }

  private open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'clientMessageId' });
      request.onerror = () => reject(request.error ?? new Error('the outbox could not be opened'));
      request.onsuccess = () => {
        request.result.onclose = request.result.onversionchange = () => this.forget(request.result);
        resolve(request.result);
      };
    });
  }

  /** Another tab upgrades or the browser cleared the site: let go, so that nobody waits for us. */
  private forget(db: IDBDatabase): void {
    db.close();
    this.opened = undefined;
  }
}

function toEntry(row: Row): OutboxEntry {
  const { owner: _owner, ...entry } = row;
  return entry;
}
