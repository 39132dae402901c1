import { parseArgs } from 'node:util';
import { TARGETS, type TargetName } from './targets.ts';

export const SCENARIOS = ['send', 'steady', 'cold-start'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface Options {
  readonly scenarios: readonly ScenarioName[];
  readonly targets: readonly TargetName[];
  /** Measured per run; a warm-up comes before. */
  readonly seconds: number;
  /** How often each target has its turn. */
  readonly rounds: number;
  readonly out?: string;
}

export const USAGE = `npm run bench -- [--scenario ${[...SCENARIOS, 'all'].join('|')}] [--target ${[...TARGETS, 'all'].join('|')}] [--seconds N] [--rounds N] [--out file]`;

export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenario: { type: 'string', default: 'all' },
      target: { type: 'string', default: 'all' },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      out: { type: 'string' },
    },
  });
  return {
    scenarios: chosen(SCENARIOS, values.scenario, '--scenario'),
    targets: chosen(TARGETS, values.target, '--target'),
    seconds: positive(values.seconds, '--seconds', 3_600),
    rounds: positive(values.rounds, '--rounds', 100),
    ...(values.out === undefined ? {} : { out: values.out }),
  };
}

/** One, several with commas, or all. */
function chosen<T extends string>(all: readonly T[], wish: string, flag: string): readonly T[] {
  if (wish === 'all') return all;
  const names = wish.split(',');
  const found = all.filter((name) => names.includes(name));
  if (found.length !== names.length) throw new Error(`${flag} ${wish}: choose from ${all.join(', ')}, all`);
  return found;
}

function positive(text: string, flag: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) throw new Error(`${flag} ${text}: more than 0, at most ${max}`);
  return value;
}
