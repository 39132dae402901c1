import type { Findings } from './findings.ts';
import type { HistoryEvent, Of } from './history.ts';

/** What a server may hold more of when it is idle again than when it was idle before: pools are full then, caches warm. */
const FILES_MORE = 40;
/** Each server's: its pool has at most 8, and it keeps a few others. */
const BACKENDS_MORE = 12;
/** Under this load a server stays below; more is a leak or an unbounded queue (G20). */
const RSS_MAX_MIB = 700;
/** Growth is judged over lives of at least this length, in their second half. */
const LIFE_MIN_NS = 180e9;
const GROWTH_MIB_PER_MINUTE = 12;

type Probe = Of<'sample'>;

/** Memory, files and connections of one life of the server come back to where they were, and memory stays bounded. */
export function checkLeaks(history: readonly HistoryEvent[], findings: Findings): void {
  const samples = history.filter((event) => event.kind === 'sample');
  for (const [life, all] of Map.groupBy(samples, (sample) => sample.life)) {
    const add = (detail: string): void =>
      findings.add('leak', '-', `life ${life}: ${detail}`, (event) => event.kind === 'sample' && event.life === life);
    const peak = Math.max(...all.map(({ rssMiB }) => rssMiB));
    if (peak > RSS_MAX_MIB) add(`${peak} MiB of memory`);
    checkIdle(all, add);
    const growth = growthPerMinute(all);
    if (growth > GROWTH_MIB_PER_MINUTE) add(`memory grew by ${growth.toFixed(1)} MiB a minute`);
  }
}

function checkIdle(samples: readonly Probe[], add: (detail: string) => void): void {
  const idle = samples.filter(({ phase }) => phase === 'idle');
  const [first, last] = [idle[0], idle.at(-1)];
  if (!first || !last) return;
  if (last.files > first.files + FILES_MORE) add(`${first.files} open files at first, ${last.files} at last`);
  if (last.backends > first.backends + BACKENDS_MORE * last.servers)
    add(`${first.backends} connections to PostgreSQL at first, ${last.backends} at last`);
}

/** Least squares over the second half of a long life: by then caches and heaps have their size. */
function growthPerMinute(samples: readonly Probe[]): number {
  const [from, to] = [samples[0]?.t ?? 0, samples.at(-1)?.t ?? 0];
  if (to - from < LIFE_MIN_NS) return 0;
  const late = samples.filter(({ t }) => t >= (from + to) / 2).map(({ t, rssMiB }) => ({ x: (t - from) / 60e9, y: rssMiB }));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(late.map((point) => point.x)), mean(late.map((point) => point.y))];
  const spread = late.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return spread === 0 ? 0 : late.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread;
}
