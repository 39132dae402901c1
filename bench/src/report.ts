import { median } from './load/samples.ts';

export interface Turn<T> {
  readonly round: number;
  readonly subject: string;
  readonly result: T;
}

export type Column<T> = readonly [title: string, value: (result: T) => number, digits?: number];

/** What is compared between subjects. */
export interface Compared<T> {
  readonly what: string;
  readonly value: (result: T) => number;
}

/** Medians over the rounds, one line per subject. */
export function table<T>(turns: readonly Turn<T>[], columns: readonly Column<T>[]): string {
  const subjects = [...new Set(turns.map(({ subject }) => subject))];
  const rows = subjects.map((subject) => [
    subject,
    ...columns.map(([, value, digits = 2]) =>
      median(turns.filter((turn) => turn.subject === subject).map(({ result }) => value(result))).toFixed(digits),
    ),
  ]);
  return aligned([['median of rounds', ...columns.map(([title]) => title)], ...rows]);
}

export interface Ratio {
  readonly of: string;
  readonly to: string;
  readonly what: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Compared inside each round, where both had the same neighbours; then the median, with the spread. */
export function ratios<T>(turns: readonly Turn<T>[], what: string, value: (result: T) => number): readonly Ratio[] {
  const found: Ratio[] = [];
  const subjects = [...new Set(turns.map(({ subject }) => subject))];
  for (const [index, of] of subjects.entries()) {
    for (const to of subjects.slice(index + 1)) {
      const pairs = turns
        .filter(({ subject }) => subject === of)
        .flatMap(({ round, result }) => {
          const other = turns.find((turn) => turn.subject === to && turn.round === round);
          return other ? [value(result) / value(other.result)] : [];
        });
      if (pairs.length > 0) found.push({ of, to, what, median: median(pairs), min: Math.min(...pairs), max: Math.max(...pairs) });
    }
  }
  return found;
}

export const ratioLine = ({ of, to, what, median: middle, min, max }: Ratio): string =>
  `${what}: ${of} / ${to} = ${middle.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;

/** Columns under each other: the first to the left and figures to the right, or all to the left. */
export function aligned(rows: readonly (readonly string[])[], side: 'figures' | 'words' = 'figures'): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 || side === 'words' ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return rows.map(line).join('\n');
}
