import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from './campaign.ts';
import { explain } from './checks/checker.ts';
import { FAULTS } from './faults/all.ts';
import { Random } from './random.ts';
import { whyNoServer } from './server/parley-process.ts';
import { until } from './server/processes.ts';
import { Stage } from './stage.ts';

const SEED = Number(process.env.PARLEY_TEST_CHAOS_SEED ?? 4);
/** What costs little. All the others, and longer ones, are in `npm run chaos`. */
const NAMES = ['F2', 'F4', 'F5', 'F7-server', 'F7-both', 'F8-fast', 'F8-immediate', 'F9', 'F20-reset', 'F22', 'F30'];
const BANS = 3;
const random = new Random(SEED);
const faults = random.fork('order').shuffled(FAULTS.filter(({ name }) => NAMES.includes(name)));

const missing = whyNoServer();
if (missing !== undefined) console.error(`chaos: the faults of the embedded profile were NOT tried: ${missing}`);
for (const fault of faults) {
  const why = fault.whyNot();
  if (why !== undefined) console.error(`chaos: ${fault.name} was NOT tried: ${why}`);
}

/** One server, one history: each fault is injected under load, the last test judges the whole run. */
describe.skipIf(missing !== undefined)(`the embedded profile under faults (seed ${SEED})`, () => {
  let stage: Stage;
  let isClean = false;

  beforeAll(async () => {
    stage = await Stage.open({ random, size: { rooms: 5, users: 10, roomsPerUser: 3 }, sendsPerSecond: 60 });
  });

  afterAll(async () => {
    if (!isClean)
      console.error(`chaos: the history is in ${stage.directory}; the server's last words:\n${stage.server.lastOutput.slice(-3_000)}`);
    await stage.close(!isClean);
  });

  it.for(faults.filter((fault) => fault.whyNot() === undefined).map((fault) => [`${fault.code} ${fault.title}`, fault] as const))(
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
