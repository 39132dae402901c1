import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runGate } from './gate.ts';
import { machine, type Machine } from './machine.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import type { Outcome } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { RESULTS, whyUnavailable } from './targets.ts';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.isGate) return runGate();
  const targets = options.targets.filter((name) => {
    const why = whyUnavailable(name);
    if (why !== undefined) console.error(`${name} is left out: ${why}`);
    return why === undefined;
  });
  const where = machine();
  const outcomes: Outcome[] = [];
  for (const { name, targets: possible, run } of SCENARIOS) {
    if (!options.scenarios.includes(name)) continue;
    const some = possible.filter((target) => targets.includes(target));
    if (some.length === 0) throw new Error(`no target to measure ${name} with: it is for ${possible.join(', ')}`);
    console.error(`${name}: ${some.join(', ')}`);
    outcomes.push(await run(options, some));
  }
  for (const { scenario, text } of outcomes) console.log(`\n${scenario}\n${text}`);
  console.log(
    `\n${where.cpu}, ${where.cores} cores, ${where.memoryGiB} GiB, Node ${where.node}, commit ${where.commit}; pinning: ${where.pinning}`,
  );
  write(options, outcomes, where);
  return 0;
}

/** One file per scenario under `bench/results`, or all in the file asked for. */
function write(options: Options, outcomes: readonly Outcome[], where: Machine): void {
  const date = new Date().toISOString();
  const { seconds, rounds } = options;
  const record = ({ scenario, shape, turns, ratios }: Outcome): unknown => ({
    scenario,
    date,
    machine: where,
    shape,
    seconds,
    rounds,
    turns,
    ratios,
  });
  const files =
    options.out === undefined
      ? outcomes.map((outcome) => [join(RESULTS, `${date.slice(0, 10)}-${outcome.scenario}.json`), record(outcome)] as const)
      : // npm runs this in bench/, and says where the user stood.
        [[resolve(process.env['INIT_CWD'] ?? '.', options.out), outcomes.map(record)] as const];
  for (const [file, content] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
    console.log(`written: ${file}`);
  }
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`usage: ${USAGE}`);
  process.exit(1);
}
