import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LoadKind, Loads } from './load/plan.ts';
import type { Phase } from './load/stage.ts';
import { cpuSecondsOf } from './proc.ts';
import { LOAD_CORE, start, stop } from './processes.ts';
import type { Running } from './targets.ts';

const LOAD = join(dirname(fileURLToPath(import.meta.url)), 'load/load.ts');

/** CPU time over wall time from `measuring` to `measured`; 1 is a whole core. */
export interface CpuWindow {
  readonly server: number;
  readonly postgres: number;
  /** On the machine's monotonic clock, microseconds, as V8 writes it into profiles. */
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Loaded<R> {
  readonly result: R;
  readonly windows: readonly CpuWindow[];
}

export interface LoadCall {
  readonly running: Running;
  /** For the plan, which holds tokens. */
  readonly directory: string;
  /** A load that is silent for so long has hung. */
  readonly silenceMs: number;
  /** Called while the load waits. */
  readonly onPhase?: (phase: Phase) => Promise<void>;
}

/** Runs one load against a server on the load's core, and reads the server's CPU times where the load says so. */
export async function runLoad<K extends LoadKind>(kind: K, plan: Loads[K]['plan'], call: LoadCall): Promise<Loaded<Loads[K]['result']>> {
  const file = join(call.directory, 'plan.json');
  writeFileSync(file, JSON.stringify(plan), { mode: 0o600 });
  const child = start(LOAD_CORE, process.execPath, [LOAD, kind, file], { stdio: ['pipe', 'pipe', 'pipe'] });
  const failure: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => failure.push(chunk.toString()));
  const silence = setTimeout(() => {
    failure.push(`silent for ${call.silenceMs} ms`);
    void stop(child, 'SIGKILL');
  }, call.silenceMs);
  const windows: CpuWindow[] = [];
  let from: Reading | undefined;
  try {
    if (!child.stdout) throw new Error('the load process has no output');
    for await (const line of createInterface({ input: child.stdout })) {
      silence.refresh();
      const said = JSON.parse(line) as { readonly phase?: Phase; readonly result?: Loads[K]['result'] };
      if (said.result !== undefined) return { result: said.result, windows };
      if (said.phase === 'measuring') from = reading(call.running);
      if (said.phase === 'measured' && from) windows.push(between(from, reading(call.running)));
      if (said.phase !== undefined) await call.onPhase?.(said.phase);
      silence.refresh();
      child.stdin?.write('go on\n');
    }
    throw new Error(`the load process ended without a result:\n${failure.join('').slice(-4_000)}`);
  } finally {
    clearTimeout(silence);
    await stop(child, 'SIGKILL');
  }
}

interface Reading {
  readonly us: number;
  readonly server: number;
  readonly postgres: number;
}

function reading(running: Running): Reading {
  const { server, postgres } = running.pids();
  return { us: Number(process.hrtime.bigint() / 1_000n), server: cpuSecondsOf(server), postgres: cpuSecondsOf(postgres) };
}

function between(from: Reading, to: Reading): CpuWindow {
  const seconds = (to.us - from.us) / 1e6;
  return {
    server: (to.server - from.server) / seconds,
    postgres: (to.postgres - from.postgres) / seconds,
    fromUs: from.us,
    toUs: to.us,
  };
}
