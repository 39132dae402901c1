import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { machine } from './machine.ts';
import { readOptions, USAGE, type Options, type ScenarioName } from './options.ts';
import { SHAPE } from './plan.ts';
import { COLD_COLUMNS, ratioLine, ratios, SEND_COLUMNS, STEADY_COLUMNS, table, type Ratio, type Turn } from './report.ts';
import { coldStartOnce, loadOnce, type LoadScenario } from './scenarios.ts';
import { repository, whyUnavailable, type TargetName } from './targets.ts';

interface Outcome {
  readonly scenario: ScenarioName;
  readonly turns: readonly Turn<unknown>[];
  readonly ratios: readonly Ratio[];
  readonly text: string;
}

/** A B C A B C ...: whatever drifts on the machine meets every target alike. */
async function interleaved<T>(
  options: Options,
  targets: readonly TargetName[],
  once: (target: TargetName) => Promise<T>,
): Promise<readonly Turn<T>[]> {
  const turns: Turn<T>[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const target of targets) {
      console.error(`  round ${round} of ${options.rounds}: ${target}`);
      turns.push({ round, target, result: await once(target) });
    }
  }
  return turns;
}

async function load(scenario: LoadScenario, options: Options, targets: readonly TargetName[]): Promise<Outcome> {
  const turns = await interleaved(options, targets, (target) => loadOnce(scenario, target, options.seconds));
  const compared = [
    ...(scenario === 'send' ? ratios(turns, 'acked/s', (result) => result.acknowledgedPerSecond) : []),
    ...ratios(turns, 'ack p99', (result) => result.ack.p99),
    ...(scenario === 'steady' ? ratios(turns, 'receive p99', (result) => result.receive?.p99 ?? NaN) : []),
  ];
  const notes = turns.flatMap(({ target, result }) =>
    [result.firstRefusal, result.firstClose].filter((note) => note !== undefined).map((note) => `${target}: ${note}`),
  );
  const text = [table(turns, scenario === 'send' ? SEND_COLUMNS : STEADY_COLUMNS), ...compared.map(ratioLine), ...new Set(notes)].join(
    '\n',
  );
  return { scenario, turns, ratios: compared, text };
}

async function coldStart(options: Options, targets: readonly TargetName[]): Promise<Outcome> {
  const turns = await interleaved(options, targets, coldStartOnce);
  return { scenario: 'cold-start', turns, ratios: [], text: table(turns, COLD_COLUMNS) };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const targets = options.targets.filter((name) => {
    const why = whyUnavailable(name);
    if (why !== undefined) console.error(`${name} is left out: ${why}`);
    return why === undefined;
  });
  if (targets.length === 0) throw new Error('no target to measure');
  const where = machine();
  const outcomes: Outcome[] = [];
  for (const scenario of options.scenarios) {
    console.error(`${scenario}: ${targets.join(', ')}`);
    outcomes.push(scenario === 'cold-start' ? await coldStart(options, targets) : await load(scenario, options, targets));
  }
  for (const { scenario, text } of outcomes) console.log(`\n${scenario}\n${text}`);
  console.log(
    `\n${where.cpu}, ${where.cores} cores, ${where.memoryGiB} GiB, Node ${where.node}, commit ${where.commit}; pinning: ${where.pinning}`,
  );
  write(options, outcomes, where);
}

/** One file per scenario under `bench/results` (not kept in git), or all in the file asked for. */
function write(options: Options, outcomes: readonly Outcome[], where: ReturnType<typeof machine>): void {
  const date = new Date().toISOString();
  const record = ({ scenario, turns, ratios: compared }: Outcome): unknown => ({
    scenario,
    date,
    machine: where,
    shape: scenario === 'cold-start' ? undefined : SHAPE,
    seconds: options.seconds,
    rounds: options.rounds,
    turns,
    ratios: compared,
  });
  const files =
    options.out === undefined
      ? outcomes.map(
          (outcome) => [join(repository, 'bench/results', `${date.slice(0, 10)}-${outcome.scenario}.json`), record(outcome)] as const,
        )
      : // npm runs this in bench/, and says where the user stood.
        [[resolve(process.env['INIT_CWD'] ?? '.', options.out), outcomes.map(record)] as const];
  for (const [file, content] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
    console.log(`written: ${file}`);
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`usage: ${USAGE}`);
  process.exit(1);
}
