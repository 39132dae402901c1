import { withBout } from '../bout.ts';
import { slope } from '../load/samples.ts';
import { rssKbOf } from '../proc.ts';
import { scenario, targetOf } from '../scenario.ts';
import { isHealthy, paced, pacedNotes, places, SEND, SHAPE, STEADY, type Paced } from './paced.ts';

const SAMPLE_MS = 5_000;
/** Left out of the slope: the first so many minutes, or the first third of a short run. */
const WARMUP_MINUTES = 5;

interface RssAt {
  readonly minute: number;
  readonly mib: number;
}

interface Memory {
  readonly steady: Paced;
  readonly rss: readonly RssAt[];
  readonly mibPerHour: number;
  readonly maxMib: number;
  /** Afterwards, on the same server. */
  readonly send: Paced;
}

/** Does the server's memory grow under a load that lasts, and how high is it under the highest. */
export const memory = scenario<Memory>({
  name: 'memory',
  targets: ['parley', 'bare', 'naive'],
  shape: ({ minutes }) => ({ ...SHAPE, minutes, sampledEverySeconds: SAMPLE_MS / 1_000, slopeWithoutFirstMinutes: WARMUP_MINUTES }),
  columns: [
    ['steady MiB/hour', (r) => r.mibPerHour, 1],
    ['steady max MiB', (r) => r.maxMib, 0],
    ['first MiB', (r) => r.rss[0]?.mib ?? NaN, 0],
    ['last MiB', (r) => r.rss.at(-1)?.mib ?? NaN, 0],
    ['send peak MiB', (r) => r.send.serverPeakKb / 1_024, 0],
    ['steady acked/s', (r) => r.steady.acknowledgedPerSecond, 0],
    ['steady ack p99 ms', (r) => r.steady.ack.p99],
    ['steady ack max ms', (r) => r.steady.ack.max],
    ['steady healthy', (r) => Number(isHealthy(r.steady)), 0],
    ['send acked/s', (r) => r.send.acknowledgedPerSecond, 0],
  ],
  compared: [],
  notes: (r) => [...pacedNotes(r.steady), ...pacedNotes(r.send)],
  once: (call) =>
    withBout(call, targetOf(call), { prepare: (running) => running.seat(places()) }, async (bout, guests) => {
      const { minutes, seconds } = call.options;
      const rss: RssAt[] = [];
      const from = performance.now();
      const sample = (): void => {
        rss.push({ minute: (performance.now() - from) / 60_000, mib: rssKbOf(bout.running.pids().server) / 1_024 });
      };
      const timer = setInterval(sample, SAMPLE_MS);
      const steady = await paced(bout, guests, { pace: STEADY, seconds: minutes * 60 }).finally(() => clearInterval(timer));
      sample();
      const warm = Math.min(WARMUP_MINUTES, minutes / 3);
      const late = rss.filter(({ minute }) => minute >= warm);
      return {
        steady,
        rss,
        mibPerHour: slope(late.map(({ minute, mib }) => [minute / 60, mib])),
        maxMib: Math.max(...rss.map(({ mib }) => mib)),
        send: await paced(bout, guests, { pace: SEND, seconds }),
      };
    }),
});
