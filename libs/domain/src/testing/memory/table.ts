/** What a transaction did, to be undone in reverse when it throws. */
export class Journal {
  private readonly undo: (() => void)[] = [];
  private isOpen = false;

  begin(): void {
    this.undo.length = 0;
    this.isOpen = true;
  }

  note(undo: () => void): void {
    if (this.isOpen) this.undo.push(undo);
  }

  commit(): void {
    this.isOpen = false;
    this.undo.length = 0;
  }

  rollBack(): void {
    this.isOpen = false;
    while (this.undo.length > 0) this.undo.pop()?.();
  }
}

/** A map of immutable rows whose changes are journalled. */
export class Table<K, V> {
  private readonly rows = new Map<K, V>();

  constructor(private readonly journal: Journal) {}

  get(key: K): V | undefined {
    return this.rows.get(key);
  }

  has(key: K): boolean {
    return this.rows.has(key);
  }

  get size(): number {
    return this.rows.size;
  }

  values(): V[] {
    return [...this.rows.values()];
  }

  set(key: K, row: V): V {
    const before = this.rows.get(key);
    const existed = this.rows.has(key);
    this.journal.note(() => (existed ? this.rows.set(key, before as V) : this.rows.delete(key)));
    this.rows.set(key, row);
    return row;
  }

  delete(key: K): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    this.journal.note(() => this.rows.set(key, before));
    this.rows.delete(key);
  }
}
