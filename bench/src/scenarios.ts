import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seats, SHAPE, type LoadPlan, type LoadResult } from './plan.ts';
import { lineOf, LOAD_CORE, memoryOf, start, withDirectory, type MemoryKb } from './processes.ts';
import { startTarget, type TargetName } from './targets.ts';

const LOAD = join(dirname(fileURLToPath(import.meta.url)), 'load.ts');
const WARMUP_SECONDS = 2;
/** Connecting, warm-up, drain and a slow machine. */
const LOAD_EXTRA_MS = 90_000;
/** How long a server is left alone before its memory is read. */
const IDLE_MS = 3_000;

export type LoadScenario = 'send' | 'steady';

/** One target, fresh server and data, one run. */
export async function loadOnce(scenario: LoadScenario, target: TargetName, seconds: number): Promise<LoadResult> {
  return withDirectory(async (directory) => {
    const running = await startTarget(target, dataIn(directory));
    try {
      const places = seats();
      const tokens = await running.seat(places);
      const plan: LoadPlan = {
        host: '127.0.0.1',
        port: running.port,
        namespace: '/chat',
        pace: scenario === 'send' ? { inFlight: SHAPE.inFlight } : { ratePerSecond: SHAPE.steadyPerSecond },
        warmupSeconds: Math.min(WARMUP_SECONDS, seconds),
        seconds,
        textBytes: SHAPE.textBytes,
        membersPerRoom: SHAPE.membersPerRoom,
        connections: places.map(({ roomId }, index) => ({ token: tokens[index] ?? '', roomId })),
        senders: SHAPE.senders,
      };
      return await runLoad(plan, directory);
    } finally {
      await running.stop();
    }
  });
}

async function runLoad(plan: LoadPlan, directory: string): Promise<LoadResult> {
  const file = join(directory, 'plan.json');
  writeFileSync(file, JSON.stringify(plan), { mode: 0o600 });
  const child = start(LOAD_CORE, process.execPath, [LOAD, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const line = await lineOf(child, /^\{"seconds":/, (plan.seconds + plan.warmupSeconds) * 1_000 + LOAD_EXTRA_MS);
  return JSON.parse(line) as LoadResult;
}

export interface ColdStart {
  /** Spawn until 200 from `/readyz`, milliseconds. */
  readonly emptyMs: number;
  readonly existingMs: number;
  readonly server: MemoryKb;
  readonly postgres: MemoryKb;
}

/** First start on nothing, second start on what the first one left, then memory at rest. */
export async function coldStartOnce(target: TargetName): Promise<ColdStart> {
  return withDirectory(async (directory) => {
    const data = dataIn(directory);
    const first = await startTarget(target, data);
    await first.stop();
    const second = await startTarget(target, data);
    try {
      await sleep(IDLE_MS);
      const { server, postgres } = second.pids();
      return { emptyMs: first.readyMs, existingMs: second.readyMs, server: memoryOf(server), postgres: memoryOf(postgres) };
    } finally {
      await second.stop();
    }
  });
}

function dataIn(directory: string): string {
  const data = join(directory, 'data');
  mkdirSync(data, { mode: 0o755 });
  return data;
}
