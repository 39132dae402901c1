const LOCALE = 'en';
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const absolute = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const date = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto', style: 'long' });

export const formatCount = (value: number): string => (value >= 1_000_000 ? compact.format(value) : whole.format(value));
export const formatRate = (value: number): string => (value >= 100 ? whole.format(value) : tenth.format(value));
export const formatTime = (iso: string): string => absolute.format(new Date(iso));
export const formatClock = (iso: string): string => clock.format(new Date(iso));
export const formatDate = (iso: string): string => date.format(new Date(iso));
export const formatDay = (iso: string): string => day.format(new Date(iso));
export const dayOf = (iso: string): string => new Date(iso).toDateString();

export function formatMs(value: number): { text: string; unit: string } {
  return value >= 1_000
    ? { text: tenth.format(value / 1_000), unit: 's' }
    : { text: value < 10 ? tenth.format(value) : whole.format(value), unit: 'ms' };
}

export function formatBytes(value: number): { text: string; unit: string } {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let step = 0;
  while (size >= 1_000 && step < units.length - 1) {
    size /= 1_000;
    step += 1;
  }
  return { text: size < 10 ? tenth.format(size) : whole.format(size), unit: units[step] ?? 'B' };
}

/** `3 d 4 h`, the two largest parts. */
export function formatDuration(seconds: number): string {
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [Math.floor(seconds % 60), 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

const STEPS: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [31_536_000, 'year'],
  [2_592_000, 'month'],
  [604_800, 'week'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
];

/** Clocks of server and browser differ a little: what just happened must not seem to come. */
const SKEW_SECONDS = 10;

export function formatRelative(iso: string, now: number): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1_000);
  if (Math.abs(seconds) < 45) return seconds <= SKEW_SECONDS ? 'just now' : 'in a moment';
  const [size, unit] = STEPS.find(([step]) => Math.abs(seconds) >= step) ?? [60, 'minute'];
  return relative.format(Math.round(seconds / size), unit);
}

/** A server's detail as a sentence of its own. */
export const formatSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
