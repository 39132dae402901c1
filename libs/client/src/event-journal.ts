import type { RoomEnvelope } from '@parley/protocol';

/** Events that come while a page is read; more of them make the page worthless. */
const JOURNAL_MAX = 5_000;

export interface Journal {
  readonly events: readonly RoomEnvelope[];
  /** More came than were kept. */
  readonly isFull: boolean;
}

/** What happens in a room while something of it is fetched, so that the answer can be brought up to date. */
export class EventJournals {
  private readonly open = new Set<{ events: RoomEnvelope[]; isFull: boolean }>();

  note(event: RoomEnvelope): void {
    for (const journal of this.open) {
      if (journal.events.length < JOURNAL_MAX) journal.events.push(event);
      else journal.isFull = true;
    }
  }

  async during<T>(work: (journal: Journal) => Promise<T>): Promise<T> {
    const journal = { events: [], isFull: false };
    this.open.add(journal);
    try {
      return await work(journal);
    } finally {
      this.open.delete(journal);
    }
  }
}
