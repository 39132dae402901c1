import { readdirSync, readFileSync } from 'node:fs';

/** What /proc tells about processes (proc(5)); nothing where there is none. */

/** USER_HZ: every Linux that Node runs on reports CPU times in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export interface MemoryKb {
  readonly rss: number;
  /** Shared pages counted by share, so that PostgreSQL's processes add up. */
  readonly pss: number;
}

interface Stat {
  readonly name: string;
  readonly parent: number;
  /** User and system time, its own and of children that ended and were waited for. */
  readonly ticks: number;
}

export function statOf(pid: number): Stat | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  // The name is in parentheses and may hold any character, so count from its end.
  const [, name, rest] = text?.match(/^\d+ \((.*)\) (.*)/s) ?? [];
  const fields = rest?.split(' ') ?? [];
  if (name === undefined || fields[0] === 'Z') return undefined;
  // Fields 14 to 17 of the page, counted from the third.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { name, parent: Number(fields[1]), ticks };
}

/** Everything below a process. */
export function descendants(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const one of allPids()) {
    const parent = statOf(one)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const found: number[] = [];
  for (const queue = [...(children.get(pid) ?? [])]; queue.length > 0;) {
    const one = queue.shift();
    if (one === undefined) break;
    found.push(one);
    queue.push(...(children.get(one) ?? []));
  }
  return found;
}

function allPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** CPU seconds that processes have used; ended children stay counted with whoever waited for them. */
export const cpuSecondsOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0) / TICKS_PER_SECOND;

/** Walks all pages of a process, so not for while something is measured. */
export function memoryOf(pids: readonly number[]): MemoryKb {
  const sum = (field: string): number => pids.reduce((total, pid) => total + kbIn(`/proc/${pid}/smaps_rollup`, field), 0);
  return { rss: sum('Rss'), pss: sum('Pss') };
}

/** Counters that the kernel keeps anyway: free to read at any time. */
export const rssKbOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + kbIn(`/proc/${pid}/status`, 'VmRSS'), 0);

/** The most a process ever held. */
export const peakRssKbOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + kbIn(`/proc/${pid}/status`, 'VmHWM'), 0);

/** How often a connection came while the kernel's queue in front of `accept` was full, since boot. */
export function listenOverflows(): number {
  const [names = '', values = ''] =
    textOf('/proc/net/netstat')
      ?.split('\n')
      .filter((line) => line.startsWith('TcpExt:')) ?? [];
  return Number(values.split(' ')[names.split(' ').indexOf('ListenOverflows')] ?? NaN);
}

const kbIn = (path: string, field: string): number => Number(textOf(path)?.match(new RegExp(`^${field}:\\s+(\\d+)`, 'm'))?.[1] ?? 0);

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
