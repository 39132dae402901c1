import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad, type CpuWindow, type Loaded, type LoadCall } from './load-process.ts';
import type { LoadKind, Loads } from './load/plan.ts';
import type { Address } from './load/raw-socket.ts';
import { withDirectory } from './processes.ts';
import { Profiling } from './profile.ts';
import type { TurnCall } from './scenario.ts';
import { startTarget, type Running, type TargetName } from './targets.ts';

/** A load that says nothing for so long has hung: the longest step is a storm that does not end. */
const SILENCE_MS = 120_000;

export interface BoutOptions<P> {
  readonly nodeFlags?: readonly string[];
  readonly prepare: (running: Running, dataDirectory: string) => Promise<P>;
  /** The server is started again after `prepare`: what that left in its memory is not the scenario's. */
  readonly isRestarted?: boolean;
}

/** One server under test with its data, from start to stop. */
export class Bout {
  readonly running: Running;
  private readonly directory: string;
  readonly windows: CpuWindow[] = [];

  constructor(running: Running, directory: string) {
    this.running = running;
    this.directory = directory;
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.running.port, namespace: '/chat' };
  }

  async load<K extends LoadKind>(kind: K, plan: Loads[K]['plan'], call: Partial<LoadCall> = {}): Promise<Loaded<Loads[K]['result']>> {
    const { running, directory } = this;
    const loaded = await runLoad(kind, plan, { running, directory, silenceMs: SILENCE_MS, ...call });
    this.windows.push(...loaded.windows);
    return loaded;
  }
}

/** Fresh data, a server, the work, and everything gone again. */
export async function withBout<P, T>(
  call: TurnCall,
  target: TargetName,
  { nodeFlags = [], prepare, isRestarted = false }: BoutOptions<P>,
  work: (bout: Bout, prepared: P) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const data = dataIn(directory);
    const profiling = call.options.isProfiled && target === 'parley' ? new Profiling(call) : undefined;
    const flags = [...nodeFlags, ...(profiling?.nodeFlags ?? [])];
    let running = await startTarget(target, data, isRestarted ? [] : flags);
    const windows: CpuWindow[] = [];
    try {
      const prepared = await prepare(running, data);
      if (isRestarted) {
        await running.stop();
        running = await startTarget(target, data, flags);
      }
      const bout = new Bout(running, directory);
      const result = await work(bout, prepared);
      windows.push(...bout.windows);
      return result;
    } finally {
      await running.stop();
      if (windows.length > 0) profiling?.report(windows);
    }
  });
}

export function dataIn(directory: string): string {
  const data = join(directory, 'data');
  mkdirSync(data, { mode: 0o755 });
  return data;
}
