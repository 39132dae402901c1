import type { Options } from './options.ts';
import { ratioLine, ratios, table, type Column, type Compared, type Ratio, type Turn } from './report.ts';
import type { TargetName } from './targets.ts';

/** What one turn is told. */
export interface TurnCall {
  readonly scenario: string;
  readonly subject: string;
  readonly round: number;
  readonly options: Options;
}

/** A scenario is one of these in a file of its own, and a row in `scenarios.ts`. */
export interface ScenarioSpec<T> {
  readonly name: string;
  readonly targets: readonly TargetName[];
  /** What takes turns, in this order: the targets, unless a scenario compares something else. */
  readonly subjects?: readonly string[];
  /** What a reader of the result must know beside machine and seconds. */
  readonly shape: (options: Options) => unknown;
  readonly columns: readonly Column<T>[];
  readonly compared: readonly Compared<T>[];
  /** Why something went wrong, in words. */
  readonly notes?: (result: T) => readonly (string | undefined)[];
  readonly once: (call: TurnCall) => Promise<T>;
}

export interface Outcome {
  readonly scenario: string;
  readonly shape: unknown;
  readonly turns: readonly Turn<unknown>[];
  readonly ratios: readonly Ratio[];
  readonly text: string;
}

export interface Scenario {
  readonly name: string;
  readonly targets: readonly TargetName[];
  run(options: Options, targets: readonly TargetName[]): Promise<Outcome>;
}

export function scenario<T>(spec: ScenarioSpec<T>): Scenario {
  return {
    name: spec.name,
    targets: spec.targets,
    run: async (options, targets) => {
      const subjects = spec.subjects ?? spec.targets.filter((name) => targets.includes(name));
      const turns = await interleaved(spec, options, subjects);
      const compared = spec.compared.flatMap(({ what, value }) => ratios(turns, what, value));
      const notes = turns.flatMap(({ subject, result }) =>
        (spec.notes?.(result) ?? []).flatMap((note) => (note === undefined ? [] : [`${subject}: ${note}`])),
      );
      const text = [table(turns, spec.columns), ...compared.map(ratioLine), ...new Set(notes)].join('\n');
      return { scenario: spec.name, shape: spec.shape(options), turns, ratios: compared, text };
    },
  };
}

/** A B C A B C ...: whatever drifts on the machine meets every subject alike. */
async function interleaved<T>(spec: ScenarioSpec<T>, options: Options, subjects: readonly string[]): Promise<readonly Turn<T>[]> {
  const turns: Turn<T>[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const subject of subjects) {
      console.error(`  round ${round} of ${options.rounds}: ${subject}`);
      turns.push({ round, subject, result: await spec.once({ scenario: spec.name, subject, round, options }) });
    }
  }
  return turns;
}

/** For scenarios whose subjects are the targets. */
export const targetOf = ({ subject }: TurnCall): TargetName => subject as TargetName;
