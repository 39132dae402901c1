import type fc from 'fast-check';
import type { Timers } from '../timers.js';
import { quiet } from './manual-timers.js';

/** Timers fire when the scheduler says so: early, late, before what they wait for. */
export function scheduledTimers(scheduler: fc.Scheduler, random: () => number): Timers {
  const cleared = new Set<unknown>();
  let now = 0;
  return {
    now: () => (now += 1),
    random,
    clearTimeout: (handle) => void cleared.add(handle),
    setTimeout: (run) => {
      const handle = {};
      void scheduler.schedule(Promise.resolve(), 'timer').then(() => cleared.has(handle) || run());
      return handle;
    },
  };
}

/** More than any story of a few dozen happenings has ever needed. */
const STEPS_MAX = 20_000;

/** Lets everything happen that the network, timers and people still have to do; that must come to an end. */
export async function settle(scheduler: fc.Scheduler): Promise<void> {
  let steps = 0;
  for (await quiet(); scheduler.count() > 0; await quiet())
    while (scheduler.count() > 0) {
      steps += 1;
      if (steps > STEPS_MAX) throw new Error('it does not come to rest');
      await scheduler.waitOne();
    }
}
