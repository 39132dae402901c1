import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';

const STORE = 'outbox';

/** Keeps unsent messages in the browser. Tabs may share it: what two of them send is stored once by its `clientMessageId`. */
export class IndexedDbOutbox implements OutboxStorage {
  private opened?: Promise<IDBDatabase>;

  /** `name` of the database: one for each server the app talks to. */
  constructor(private readonly name = 'parley') {}

  async load(): Promise<readonly OutboxEntry[]> {
    return this.run('readonly', (store) => store.getAll() as IDBRequest<OutboxEntry[]>);
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.run('readwrite', (store) => store.put(entry));
  }

  async remove(clientMessageId: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(clientMessageId));
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
