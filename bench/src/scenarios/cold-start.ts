import { setTimeout as sleep } from 'node:timers/promises';
import { dataIn } from '../bout.ts';
import { memoryOf, type MemoryKb } from '../proc.ts';
import { withDirectory } from '../processes.ts';
import { scenario, targetOf } from '../scenario.ts';
import { startTarget } from '../targets.ts';

/** How long a server is left alone before its memory is read. */
const REST_MS = 3_000;

interface ColdStart {
  /** Spawn until 200 from `/readyz`, milliseconds. */
  readonly emptyMs: number;
  readonly existingMs: number;
  readonly server: MemoryKb;
  readonly postgres: MemoryKb;
}

/** First start on nothing, second start on what the first one left, then memory at rest. */
export const coldStart = scenario<ColdStart>({
  name: 'cold-start',
  targets: ['parley', 'bare', 'naive'],
  shape: () => undefined,
  columns: [
    ['empty ms', (r) => r.emptyMs, 0],
    ['existing ms', (r) => r.existingMs, 0],
    ['server RSS MiB', (r) => r.server.rss / 1_024, 0],
    ['postgres RSS MiB', (r) => r.postgres.rss / 1_024, 0],
    ['postgres PSS MiB', (r) => r.postgres.pss / 1_024, 0],
  ],
  compared: [],
  once: (call) =>
    withDirectory(async (directory) => {
      const data = dataIn(directory);
      const first = await startTarget(targetOf(call), data);
      await first.stop();
      const second = await startTarget(targetOf(call), data);
      try {
        await sleep(REST_MS);
        const { server, postgres } = second.pids();
        return { emptyMs: first.readyMs, existingMs: second.readyMs, server: memoryOf(server), postgres: memoryOf(postgres) };
      } finally {
        await second.stop();
      }
    }),
});
