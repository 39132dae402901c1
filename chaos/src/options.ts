import { parseArgs } from 'node:util';

export const USAGE = `npm run chaos -- [--seed N] [--minutes M] [--fault F4,F9,...|none] [--control all|none|name,...] [--report file.md]
                 [--topology embedded|cluster] [--rate sends/s] [--rooms N] [--users N per tenant] [--long]
npm run chaos -- --power-cut`;

export interface Options {
  readonly seed: number;
  readonly minutes: number;
  /** Codes (all of F9's kinds) or names (F9-long); undefined = all but the long ones. */
  readonly faults: readonly string[] | undefined;
  readonly controls: 'all' | readonly string[];
  readonly report: string | undefined;
  readonly sendsPerSecond: number;
  readonly rooms: number;
  readonly users: number;
  /** Also what takes a minute and more. */
  readonly isLong: boolean;
  readonly topology: 'embedded' | 'cluster';
  readonly isPowerCut: boolean;
}

const list = (text: string): readonly string[] => (text === 'none' ? [] : text.split(',').map((name) => name.trim()));

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '3' },
      fault: { type: 'string' },
      control: { type: 'string', default: 'all' },
      report: { type: 'string' },
      rate: { type: 'string', default: '100' },
      rooms: { type: 'string', default: '8' },
      users: { type: 'string', default: '24' },
      long: { type: 'boolean', default: false },
      topology: { type: 'string', default: 'embedded' },
      'power-cut': { type: 'boolean', default: false },
    },
  });
  const number = (name: string, text: string, min: number, max: number): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < min || value > max) throw new Error(`--${name} must be from ${min} to ${max}\n${USAGE}`);
    return value;
  };
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000_000) : number('seed', values.seed, 0, 4_294_967_295),
    minutes: number('minutes', values.minutes, 0, 600),
    faults: values.fault === undefined ? undefined : list(values.fault),
    controls: values.control === 'all' ? 'all' : list(values.control),
    report: values.report,
    sendsPerSecond: number('rate', values.rate, 1, 5_000),
    rooms: number('rooms', values.rooms, 3, 1_000),
    users: number('users', values.users, 4, 5_000),
    isLong: values.long,
    topology: topologyOf(values.topology),
    isPowerCut: values['power-cut'],
  };
}

function topologyOf(text: string): Options['topology'] {
  if (text !== 'embedded' && text !== 'cluster') throw new Error(`--topology must be embedded or cluster\n${USAGE}`);
  return text;
}
