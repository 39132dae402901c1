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

/** Lets everything happen that the network, timers and people still have to do. */
export async function settle(scheduler: fc.Scheduler): Promise<void> {
  for (await quiet(); scheduler.count() > 0; await quiet()) while (scheduler.count() > 0) await scheduler.waitOne();
}
