import type { LoadResult } from './plan.ts';
import { median } from './samples.ts';
import type { ColdStart } from './scenarios.ts';
import type { TargetName } from './targets.ts';

export interface Turn<T> {
  readonly round: number;
  readonly target: TargetName;
  readonly result: T;
}

type Column<T> = readonly [title: string, value: (result: T) => number, digits?: number];

const COMMON: readonly Column<LoadResult>[] = [
  ['acked/s', (r) => r.acknowledgedPerSecond, 0],
  ['deliveries/s', (r) => r.deliveriesPerSecond, 0],
  ['ack p50 ms', (r) => r.ack.p50],
  ['ack p99 ms', (r) => r.ack.p99],
  ['ack max ms', (r) => r.ack.max],
];
const HEALTH: readonly Column<LoadResult>[] = [
  ['reordered', (r) => r.reordered, 0],
  ['missing', (r) => r.missingDeliveries, 0],
  ['refused', (r) => r.refused, 0],
  ['unanswered', (r) => r.unanswered, 0],
  ['closed', (r) => r.closedConnections, 0],
  ['B/delivery', (r) => r.bytesPerDelivery, 0],
  ['load CPU %', (r) => r.loadCpuShare * 100, 0],
];
const RECEIVE: readonly Column<LoadResult>[] = [
  ['recv p50 ms', (r) => r.receive?.p50 ?? NaN],
  ['recv p99 ms', (r) => r.receive?.p99 ?? NaN],
  ['recv max ms', (r) => r.receive?.max ?? NaN],
];
const COLD: readonly Column<ColdStart>[] = [
  ['empty ms', (r) => r.emptyMs, 0],
  ['existing ms', (r) => r.existingMs, 0],
  ['server RSS MiB', (r) => r.server.rss / 1_024, 0],
  ['postgres RSS MiB', (r) => r.postgres.rss / 1_024, 0],
  ['postgres PSS MiB', (r) => r.postgres.pss / 1_024, 0],
];

export const SEND_COLUMNS = [...COMMON, ...HEALTH];
export const STEADY_COLUMNS = [...COMMON, ...RECEIVE, ...HEALTH];
export const COLD_COLUMNS = COLD;

/** Medians over the rounds, one line per target. */
export function table<T>(turns: readonly Turn<T>[], columns: readonly Column<T>[]): string {
  const targets = [...new Set(turns.map(({ target }) => target))];
  const rows = targets.map((target) => [
    target,
    ...columns.map(([, value, digits = 2]) =>
      median(turns.filter((turn) => turn.target === target).map(({ result }) => value(result))).toFixed(digits),
    ),
  ]);
  return aligned([['median of rounds', ...columns.map(([title]) => title)], ...rows]);
}

export interface Ratio {
  readonly of: TargetName;
  readonly to: TargetName;
  readonly what: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Compared inside each round, where both had the same neighbours; then the median, with the spread. */
export function ratios<T>(turns: readonly Turn<T>[], what: string, value: (result: T) => number): readonly Ratio[] {
  const found: Ratio[] = [];
  const targets = [...new Set(turns.map(({ target }) => target))];
  for (const [index, of] of targets.entries()) {
    for (const to of targets.slice(index + 1)) {
      const pairs = turns
        .filter(({ target }) => target === of)
        .flatMap(({ round, result }) => {
          const other = turns.find((turn) => turn.target === to && turn.round === round);
          return other ? [value(result) / value(other.result)] : [];
        });
      if (pairs.length > 0) found.push({ of, to, what, median: median(pairs), min: Math.min(...pairs), max: Math.max(...pairs) });
    }
  }
  return found;
}

export const ratioLine = ({ of, to, what, median: middle, min, max }: Ratio): string =>
  `${what}: ${of} / ${to} = ${middle.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return rows.map(line).join('\n');
}
