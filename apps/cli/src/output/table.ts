import { cut, pad, printable, widthOf } from './text.js';

export type Cell = string | number | boolean | undefined | null;
/** Header -> value of a row, in order of display. */
export type Columns<T> = Readonly<Record<string, (row: T) => Cell>>;

const GAP = '  ';

/** Aligned columns. `maxWidth` (a terminal's) cuts the last column; files and pipes get everything. */
export function tableOf<T>(rows: readonly T[], columns: Columns<T>, maxWidth = Infinity): string {
  const headers = Object.keys(columns);
  const values = rows.map((row) => Object.values(columns).map((value) => text(value(row))));
  const widths = headers.map((header, index) => Math.max(widthOf(header), ...values.map((line) => widthOf(line[index] ?? ''))));
  return [headers, ...values]
    .map((line) =>
      cut(
        line
          .map((cell, index) => pad(cell, widths[index] ?? 0))
          .join(GAP)
          .trimEnd(),
        maxWidth,
      ),
    )
    .join('\n');
}

/** One thing, a line per field; absent fields are left out. */
export function fieldsOf(fields: Readonly<Record<string, Cell>>): string {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(0, ...present.map(([name]) => widthOf(name)));
  return present.map(([name, value]) => `${pad(name, width)}${GAP}${text(value)}`.trimEnd()).join('\n');
}

function text(value: Cell): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return printable(String(value));
}
