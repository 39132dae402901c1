/** `2026-03-01T10:20:30.123Z` -> `2026-03-01 10:20:30Z`: UTC, sorts as text, no fraction. */
export function time(iso: string | undefined): string | undefined {
  return iso?.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(count: number): string {
  const step = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  const value = count / 1000 ** step;
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${BYTES[step]}`;
}
