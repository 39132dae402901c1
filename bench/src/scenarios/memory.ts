import { withBout } from '../bout.ts';
import { HEAP_FLAGS, HeapProbe } from '../heap.ts';
import { slope } from '../load/samples.ts';
import { rssKbOf } from '../proc.ts';
import { scenario, targetOf } from '../scenario.ts';
import type { Running } from '../targets.ts';
import { isHealthy, paced, pacedNotes, places, SEND, SHAPE, STEADY, type Paced } from './paced.ts';

const SAMPLE_MS = 5_000;
/** The first so many minutes, or the first third of a short run, are not about growth. */
const WARMUP_MINUTES = 5;

interface RssAt {
  readonly minute: number;
  readonly mib: number;
}

interface Memory {
  /** After the warm-up, like everything but `rss`. */
  readonly steady: Paced;
  readonly rss: readonly RssAt[];
  readonly mibPerHour: number;
  readonly maxMib: number;
  /**
   * Heap and buffers after a garbage collection with nobody connected, before and after `steady`: resident memory is a
   * saw with teeth of minutes, so that its slope over a short run says where the run ended.
   */
  readonly heldMib: { readonly before: number; readonly after: number };
  readonly heldMibPerHour: number;
  /** Afterwards, on the same server. */
  readonly send: Paced;
}

/** Does the server's memory grow under a load that lasts, and how high is it under the highest. */
export const memory = scenario<Memory>({
  name: 'memory',
  targets: ['parley', 'bare', 'naive'],
  shape: ({ minutes }) => ({ ...SHAPE, minutes, warmupMinutes: warmupMinutes(minutes), sampledEverySeconds: SAMPLE_MS / 1_000 }),
  columns: [
    ['held MiB/hour', (r) => r.heldMibPerHour, 1],
    ['held before MiB', (r) => r.heldMib.before, 1],
    ['held after MiB', (r) => r.heldMib.after, 1],
    ['RSS MiB/hour', (r) => r.mibPerHour, 1],
    ['RSS max MiB', (r) => r.maxMib, 0],
    ['send peak MiB', (r) => r.send.serverPeakKb / 1_024, 0],
    ['steady acked/s', (r) => r.steady.acknowledgedPerSecond, 0],
    ['steady ack p99 ms', (r) => r.steady.ack.p99],
    ['steady ack max ms', (r) => r.steady.ack.max],
    ['steady healthy', (r) => Number(isHealthy(r.steady)), 0],
    ['send acked/s', (r) => r.send.acknowledgedPerSecond, 0],
  ],
  compared: [],
  notes: (r) => [...pacedNotes(r.steady), ...pacedNotes(r.send)],
  once: (call) => {
    const options = { nodeFlags: HEAP_FLAGS, prepare: (running: Running) => running.seat(places()) };
    return withBout(call, targetOf(call), options, async (bout, guests) => {
      const { minutes, seconds } = call.options;
      const watch = new RssWatch(() => bout.running.pids().server);
      const warm = warmupMinutes(minutes);
      const probe = await paced(bout, guests, { pace: STEADY, seconds: warm * 60 }).then(() => HeapProbe.open(bout.running.child));
      const before = await heldMib(probe);
      const from = watch.minute();
      const steady = await paced(bout, guests, { pace: STEADY, seconds: (minutes - warm) * 60 });
      const late = watch.stop().filter(({ minute }) => minute >= from);
      const hours = (watch.minute() - from) / 60;
      const after = await heldMib(probe);
      probe.close();
      return {
        steady,
        rss: watch.samples,
        mibPerHour: slope(late.map(({ minute, mib }) => [minute / 60, mib])),
        maxMib: Math.max(...watch.samples.map(({ mib }) => mib)),
        heldMib: { before, after },
        heldMibPerHour: (after - before) / hours,
        send: await paced(bout, guests, { pace: SEND, seconds }),
      };
    });
  },
});

const warmupMinutes = (minutes: number): number => Math.min(WARMUP_MINUTES, minutes / 3);

async function heldMib(probe: HeapProbe): Promise<number> {
  const { used, buffers } = await probe.collected();
  return (used + buffers) / 2 ** 20;
}

class RssWatch {
  readonly samples: RssAt[] = [];
  private readonly from = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(pids: () => readonly number[]) {
    const sample = (): number => this.samples.push({ minute: this.minute(), mib: rssKbOf(pids()) / 1_024 });
    this.timer = setInterval(sample, SAMPLE_MS);
  }

  minute(): number {
    return (performance.now() - this.from) / 60_000;
  }

  stop(): readonly RssAt[] {
    clearInterval(this.timer);
    return this.samples;
  }
}
