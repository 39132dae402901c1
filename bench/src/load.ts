import { readFileSync } from 'node:fs';
import { LoadRun } from './load-run.ts';
import type { LoadPlan } from './plan.ts';

/** The load process: `node load.ts <plan.json>`, answers one line of JSON. */
const [, , planFile] = process.argv;
if (planFile === undefined) throw new Error('load.ts <plan.json>');
const plan = JSON.parse(readFileSync(planFile, 'utf8')) as LoadPlan;
console.log(JSON.stringify(await new LoadRun(plan).run()));
process.exit(0);
