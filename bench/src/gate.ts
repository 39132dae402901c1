import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bout, dataIn } from './bout.ts';
import type { Guest } from './load/crowd.ts';
import { median } from './load/samples.ts';
import { withDirectory, whyNotPinned } from './processes.ts';
import { isHealthy, paced, places, SEND, STEADY, type Paced } from './scenarios/paced.ts';
import { startTarget, whyUnavailable, type TargetName } from './targets.ts';

const FILE = join(dirname(fileURLToPath(import.meta.url)), '../gate.json');
const TARGETS = ['parley', 'bare'] as const satisfies readonly TargetName[];
const ROUNDS = 5;
const SECONDS = 1.3;
const WARMUP_SECONDS = 0.4;

type Target = (typeof TARGETS)[number];
type ScenarioName = 'send' | 'steady';
type Round = Readonly<Record<Target, Readonly<Record<ScenarioName, Paced>>>>;

const MEASURES = {
  'acked/s': (r) => r.acknowledgedPerSecond,
  'ack p50 ms': (r) => r.ack.p50,
  'ack p99 ms': (r) => r.ack.p99,
  'receive p99 ms': (r) => r.receive?.p99 ?? NaN,
} as const satisfies Record<string, (result: Paced) => number>;

/** One line of `bench/gate.json`. Parley against bare in each round, then the median. */
interface Floor {
  readonly scenario: ScenarioName;
  readonly measure: keyof typeof MEASURES;
  /** `ratio`: parley / bare; `difference`: parley - bare. */
  readonly as: 'ratio' | 'difference';
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly reason: string;
}

interface Compared {
  readonly floor: Floor;
  readonly values: readonly number[];
  readonly median: number;
  readonly isKept: boolean;
}

/** Short runs of both servers in turn, compared with the floors; gives the exit code. */
export async function runGate(): Promise<number> {
  const why = whyNotPinned();
  if (why !== undefined) {
    console.log(`GATE NOT MEASURED: ${why}. Servers and load would share their cores, so nothing can be compared. This counts as passed.`);
    return 0;
  }
  const missing = whyUnavailable('parley');
  if (missing !== undefined) throw new Error(missing);
  const { floors } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly floors: readonly Floor[] };
  const rounds = await measured();
  const compared = floors.map((floor) => compare(floor, rounds));
  for (const one of compared) console.log(line(one));
  const sick = rounds.flatMap((round) => TARGETS.flatMap((target) => Object.values(round[target]))).filter((result) => !isHealthy(result));
  if (sick.length > 0) console.log(`BELOW: ${sick.length} runs lost, refused or did not answer messages`);
  const isKept = sick.length === 0 && compared.every((one) => one.isKept);
  console.log(isKept ? 'GATE PASSED' : 'GATE FAILED');
  return isKept ? 0 : 1;
}

/** Both servers run all the time; the one that is not asked only sends heartbeats to nobody. */
async function measured(): Promise<readonly Round[]> {
  return withDirectory(async (directory) => {
    const bare = await startTarget('bare', directory);
    try {
      const parley = await startTarget('parley', dataIn(directory));
      try {
        const bouts = { parley: new Bout(parley, directory), bare: new Bout(bare, directory) };
        const guests = { parley: await parley.seat(places()), bare: await bare.seat(places()) };
        const rounds: Round[] = [];
        for (let round = 1; round <= ROUNDS; round += 1) {
          console.error(`  round ${round} of ${ROUNDS}`);
          rounds.push({ parley: await both(bouts.parley, guests.parley), bare: await both(bouts.bare, guests.bare) });
        }
        return rounds;
      } finally {
        await parley.stop();
      }
    } finally {
      await bare.stop();
    }
  });
}

async function both(bout: Bout, guests: readonly Guest[]): Promise<Round['parley']> {
  const call = { seconds: SECONDS, warmupSeconds: WARMUP_SECONDS };
  return { send: await paced(bout, guests, { ...call, pace: SEND }), steady: await paced(bout, guests, { ...call, pace: STEADY }) };
}

export function compare(floor: Floor, rounds: readonly Round[]): Compared {
  const of = (round: Round, target: Target): number => MEASURES[floor.measure](round[target][floor.scenario]);
  const values = rounds.map((round) =>
    floor.as === 'ratio' ? of(round, 'parley') / of(round, 'bare') : of(round, 'parley') - of(round, 'bare'),
  );
  const middle = median(values);
  // What could not be measured is not kept: NaN is neither at least nor at most anything.
  const isKept = (floor.atLeast === undefined || middle >= floor.atLeast) && (floor.atMost === undefined || middle <= floor.atMost);
  return { floor, values, median: middle, isKept: isKept && !Number.isNaN(middle) };
}

function line({ floor, values, median: middle, isKept }: Compared): string {
  const { scenario, measure, as, atLeast, atMost } = floor;
  const wanted = [atLeast === undefined ? '' : `at least ${atLeast}`, atMost === undefined ? '' : `at most ${atMost}`]
    .filter(Boolean)
    .join(', ');
  const sign = as === 'ratio' ? '/' : '-';
  const rounds = values.map((value) => value.toFixed(2)).join(' ');
  return `${isKept ? 'kept' : 'BELOW'}: ${scenario} ${measure}, parley ${sign} bare = ${middle.toFixed(2)} (rounds: ${rounds}), wanted ${wanted}`;
}
