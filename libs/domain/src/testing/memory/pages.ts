import { pageOf, type Page, type PageRequest, type Position } from '../../page.js';

/** Is `a` before `b`, value by value. */
function compare(a: Position, b: Position): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined || left === right) continue;
    return left < right ? -1 : 1;
  }
  return 0;
}

/** Ascending by position; a descending list negates its numbers. */
export function keyset<R, T>(rows: readonly R[], page: PageRequest, positionOf: (row: R) => Position, present: (row: R) => T): Page<T> {
  const { after } = page;
  const sorted = rows
    .filter((row) => after === undefined || compare(positionOf(row), after) > 0)
    .sort((a, b) => compare(positionOf(a), positionOf(b)));
  const { items, next } = pageOf(sorted, page.limit, positionOf);
  return next === undefined ? { items: items.map(present) } : { items: items.map(present), next };
}
