import { readFileSync } from 'node:fs';
import { BigRoomLoad } from './big-room-load.ts';
import { IdleLoad } from './idle-load.ts';
import { PacedLoad } from './paced-load.ts';
import type { LoadKind, Loads } from './plan.ts';
import { Stage } from './stage.ts';
import { StormLoad } from './storm-load.ts';

/** The load process: `node load.ts <kind> <plan.json>`. Talks as `Stage` says and ends with the result. */
type Make<K extends LoadKind> = (plan: Loads[K]['plan'], stage: Stage) => { run(): Promise<Loads[K]['result']> };
const LOADS: { readonly [K in LoadKind]: Make<K> } = {
  paced: (plan, stage) => new PacedLoad(plan, stage),
  'big-room': (plan, stage) => new BigRoomLoad(plan, stage),
  idle: (plan, stage) => new IdleLoad(plan, stage),
  storm: (plan, stage) => new StormLoad(plan, stage),
};

async function run<K extends LoadKind>(kind: K, planFile: string): Promise<void> {
  const stage = new Stage();
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Loads[K]['plan'];
  stage.result(await LOADS[kind](plan, stage).run());
}

const [, , kind = '', planFile] = process.argv;
if (!(kind in LOADS) || planFile === undefined) throw new Error(`load.ts ${Object.keys(LOADS).join('|')} <plan.json>`);
await run(kind as LoadKind, planFile);
process.exit(0);
