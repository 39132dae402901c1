import { PAGE_MAX } from '@parley/domain';
import { CommandError } from './errors.js';
import { EXIT } from './exit-codes.js';

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export interface PageAsked {
  readonly limit?: number;
  readonly cursor?: string;
}

/** 100,000 rows at the largest page: what still fits a terminal's scrollback and memory. */
export const MAX_PAGES = 1_000;

interface Collecting {
  /** Where to begin. */
  readonly cursor?: string;
  readonly limit?: number;
  readonly maxPages?: number;
  readonly progress: (count: number) => void;
}

/** Page after page. Stops at the bound with `nextCursor` still set, so that a caller can go on from there. */
export async function collect<T>(fetch: (asked: PageAsked) => Promise<Page<T>>, asked: Collecting): Promise<Page<T>> {
  const { limit = PAGE_MAX, maxPages = MAX_PAGES, progress } = asked;
  const items: T[] = [];
  let { cursor } = asked;
  for (let count = 0; count < maxPages; count += 1) {
    const page = await fetch({ limit, cursor });
    items.push(...page.items);
    progress(items.length);
    if (page.nextCursor === null) return { items, nextCursor: null };
    if (page.nextCursor === cursor) throw new CommandError('The server repeats a page.', EXIT.unexpected);
    cursor = page.nextCursor;
  }
  return { items, nextCursor: cursor ?? null };
}
