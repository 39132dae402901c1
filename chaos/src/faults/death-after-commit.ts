import type { ParleyProcess, ProcessOptions } from '../server/parley-process.ts';
import { until } from '../server/processes.ts';
import type { Stage } from '../stage.ts';
import { must } from './fault.ts';

/** The sender of what it dies after may be one that is started again meanwhile and forgets. */
const DEATHS_MAX = 5;
/** Whoever was caught between commit and ack may come back later than the others. */
const CAUGHT_WITHIN_MS = 10_000;

/** A server that dies after one of its next commits, before anybody is told of it. Gives the moment. */
export async function dieAfterCommit(
  server: Pick<ParleyProcess, 'stop' | 'start' | 'isRunning' | 'untilExit' | 'endedBy' | 'lastOutput'>,
  { random }: Pick<Stage, 'random'>,
  onReady: () => void = () => undefined,
): Promise<number> {
  const doomed: ProcessOptions = { env: { PARLEY_FAILPOINT: `after_commit:${random.int(20, 80)}` } };
  await server.stop();
  // It may die before it was seen to be ready.
  await server.start(doomed).then(onReady, (error: unknown) => {
    if (server.isRunning) throw error;
  });
  await server.untilExit(30_000);
  await until('it is known what the server ended with', 5_000, () => server.endedBy !== undefined);
  must(server.endedBy === 'SIGKILL', `it was to die after a commit, and ended with ${server.endedBy}: ${server.lastOutput}`);
  return performance.now();
}

/** Until a repeat was answered with what was committed before a death. `die` gives the moment, with a server that runs again. */
export async function untilCaught({ population }: Stage, die: () => Promise<number>): Promise<number> {
  const repeats = (): number => population.outcomes.filter(({ result }) => result === 'deduplicated').length;
  const before = repeats();
  let at = performance.now();
  for (let death = 0; death < DEATHS_MAX && repeats() === before; death += 1) {
    at = await die();
    await until('a repeat finds what was committed', CAUGHT_WITHIN_MS, () => repeats() > before).catch(() => undefined);
  }
  must(repeats() > before, 'no repeat found what was committed');
  return at;
}
