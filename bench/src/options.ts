import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.ts';
import { TARGETS, type TargetName } from './targets.ts';

export interface Options {
  readonly scenarios: readonly string[];
  readonly targets: readonly TargetName[];
  /** Measured per run; a warm-up comes before. */
  readonly seconds: number;
  /** How often each target has its turn. */
  readonly rounds: number;
  /** Instead of a scenario's own number, where one is about connections. */
  readonly connections?: number;
  /** Of `memory`. */
  readonly minutes: number;
  /** Of `growth`. */
  readonly messages: number;
  readonly otherRooms: number;
  readonly isProfiled: boolean;
  readonly isGate: boolean;
  readonly out?: string;
}

const NAMES = SCENARIOS.map(({ name }) => name);
export const USAGE = `npm run bench -- [--scenario ${[...NAMES, 'all'].join('|')}] [--target ${[...TARGETS, 'all'].join('|')}] [--seconds N] [--rounds N]
  [--connections N] [--minutes N] [--messages N] [--other-rooms N] [--profile] [--out file], or npm run bench -- --gate`;

export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenario: { type: 'string', default: 'all' },
      target: { type: 'string', default: 'all' },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      messages: { type: 'string', default: '1000000' },
      'other-rooms': { type: 'string', default: '100000' },
      profile: { type: 'boolean', default: false },
      gate: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  return {
    scenarios: chosen(NAMES, values.scenario, '--scenario'),
    targets: chosen(TARGETS, values.target, '--target'),
    seconds: positive(values.seconds, '--seconds', 3_600),
    rounds: positive(values.rounds, '--rounds', 100),
    // In a storm a server may hold old and new ones at once, and a process has 20,000 open files on many machines.
    ...(values.connections === undefined ? {} : { connections: positive(values.connections, '--connections', 9_000) }),
    minutes: positive(values.minutes, '--minutes', 1_440),
    messages: positive(values.messages, '--messages', 100_000_000),
    otherRooms: positive(values['other-rooms'], '--other-rooms', 10_000_000),
    isProfiled: values.profile,
    isGate: values.gate,
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
