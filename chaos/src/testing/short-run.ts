import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../campaign.ts';
import { explain } from '../checks/checker.ts';
import type { Fault } from '../faults/fault.ts';
import { Random } from '../random.ts';
import { until } from '../server/processes.ts';
import { Stage } from '../stage.ts';

const SEED = Number(process.env.PARLEY_TEST_CHAOS_SEED ?? 4);
const BANS = 3;

export interface ShortRun {
  readonly topology: 'embedded' | 'cluster';
  readonly faults: readonly Fault[];
  /** Names of those that are played. */
  readonly names: readonly string[];
  /** Why it cannot be tried. */
  readonly missing: string | undefined;
}

/** One stage, one history: each fault is injected under load, the last test judges the whole run. */
export function shortRun(title: string, { topology, faults, names, missing }: ShortRun): void {
  const random = new Random(SEED);
  const wanted = random.fork('order').shuffled(faults.filter(({ name }) => names.includes(name)));
  if (missing !== undefined) console.error(`chaos: ${title}: NOT tried: ${missing}`);
  for (const fault of wanted) {
    const why = fault.whyNot();
    if (why !== undefined) console.error(`chaos: ${title}: ${fault.name} was NOT tried: ${why}`);
  }

  describe.skipIf(missing !== undefined)(`${title} (seed ${SEED})`, () => {
    let stage: Stage;
    let isClean = false;

    beforeAll(async () => {
      stage = await Stage.open({ random, size: { rooms: 5, users: 10, roomsPerUser: 3 }, sendsPerSecond: 60, topology });
    });

    afterAll(async () => {
      if (!isClean) console.error(`chaos: the history is in ${stage.directory}; the last words:\n${stage.server.lastOutput.slice(-3_000)}`);
      await stage.close(!isClean);
    });

    it.for(wanted.filter((fault) => fault.whyNot() === undefined).map((fault) => [`${fault.name} ${fault.title}`, fault] as const))(
      '%s',
      async ([, fault]) => {
        const { violations, healedMs } = await play(stage, fault);
        expect(violations).toEqual([]);
        expect(healedMs).toBeGreaterThanOrEqual(0);
      },
    );

    it('G11 a member is banned under load', async () => {
      const bans = (): number => stage.recorder.count('ban-ok');
      await until('members were put out', 20_000, () => bans() >= BANS);
    });

    it('lost nothing, doubled nothing, reordered nothing: everybody ends where the rooms ended', async () => {
      const { findings, troubles, history } = await stage.judge();
      expect(findings, explain(findings)).toEqual([]);
      expect(troubles).toEqual([]);
      expect(history.filter(({ kind }) => kind === 'final').length).toBeGreaterThan(30);
      expect(history.filter(({ kind }) => kind === 'delete-ok').length).toBeGreaterThan(0);
      isClean = true;
    });
  });
}
