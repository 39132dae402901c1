import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CpuWindow } from './load-process.ts';
import { aligned } from './report.ts';
import type { TurnCall } from './scenario.ts';
import { repository, RESULTS } from './targets.ts';

const TOP = 40;

/** What V8 writes with `--cpu-prof`; times in microseconds on the machine's monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly where: string;
  /** Of all samples taken. */
  readonly share: number;
}

/** A server whose node writes a CPU profile when it stops. */
export class Profiling {
  private readonly name: string;

  constructor({ scenario, subject, round }: TurnCall) {
    this.name = `${new Date().toISOString().slice(0, 10)}-${scenario}-${subject}-${round}.cpuprofile`;
  }

  get nodeFlags(): readonly string[] {
    mkdirSync(RESULTS, { recursive: true });
    return ['--cpu-prof', `--cpu-prof-dir=${RESULTS}`, `--cpu-prof-name=${this.name}`];
  }

  /** After the server has stopped: what it spent its own time on while it was measured. */
  report(windows: readonly CpuWindow[]): void {
    const file = join(RESULTS, this.name);
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    const rows = selfTimes(profile, windows).slice(0, TOP);
    const cells = rows.map(({ share, name, where }) => [(share * 100).toFixed(1).padStart(6), name, where]);
    console.log(`\n${aligned([['self %', 'function', 'file'], ...cells], 'words')}`);
    console.log(`written: ${file}`);
  }
}

/** Self time by function and file, highest first; of samples inside the windows only. */
export function selfTimes(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  windows: readonly Pick<CpuWindow, 'fromUs' | 'toUs'>[],
): readonly SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const sums = new Map<string, { name: string; where: string; us: number }>();
  let total = 0;
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    const us = timeDeltas[index] ?? 0;
    at += us;
    const frame = frames.get(id);
    if (!frame || !windows.some(({ fromUs, toUs }) => at >= fromUs && at < toUs)) continue;
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    const where = frame.url === '' ? '' : `${short(frame.url)}:${frame.lineNumber + 1}`;
    const sum = sums.get(`${name} ${where}`) ?? { name, where, us: 0 };
    sum.us += us;
    total += us;
    sums.set(`${name} ${where}`, sum);
  }
  return [...sums.values()].sort((a, b) => b.us - a.us).map(({ name, where, us }) => ({ name, where, share: us / total }));
}

const short = (url: string): string => (url.startsWith('file:') ? relative(repository, fileURLToPath(url)) : url);
