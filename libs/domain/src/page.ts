/** A place in a keyset-ordered list: the sort values of the last item seen. The door signs it into an opaque cursor. */
export type Position = readonly (string | number)[];

export interface PageRequest {
  /** 1..100. */
  readonly limit: number;
  readonly after?: Position;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined when this was the last page. */
  readonly next?: Position;
}

/** Cuts `limit + 1` rows into a page; one row more than asked tells that there is a next page, without a count. */
export function pageOf<T>(rows: readonly T[], limit: number, positionOf: (row: T) => Position): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: positionOf(last) } : { items };
}
