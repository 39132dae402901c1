import { withBout } from '../bout.ts';
import { scenario } from '../scenario.ts';
import { seed } from '../seed.ts';
import type { Running } from '../targets.ts';
import { isHealthy, paced, pacedNotes, places, SEND, SHAPE, STEADY, type Paced } from './paced.ts';

interface Growth {
  readonly seedMs: number;
  readonly steady: Paced;
  readonly send: Paced;
}

/** `send` and `steady` on Parley after a long life, against the same on an empty database. */
export const growth = scenario<Growth>({
  name: 'growth',
  targets: ['parley'],
  subjects: ['seeded', 'empty'],
  shape: ({ messages, otherRooms }) => ({ ...SHAPE, messages, otherRooms }),
  columns: [
    ['send acked/s', (r) => r.send.acknowledgedPerSecond, 0],
    ['send ack p99 ms', (r) => r.send.ack.p99],
    ['steady ack p50 ms', (r) => r.steady.ack.p50],
    ['steady ack p99 ms', (r) => r.steady.ack.p99],
    ['steady recv p99 ms', (r) => r.steady.receive?.p99 ?? NaN],
    ['healthy', (r) => Number(isHealthy(r.send) && isHealthy(r.steady)), 0],
    ['send server CPU %', (r) => r.send.cpu.server * 100, 0],
    ['send postgres CPU %', (r) => r.send.cpu.postgres * 100, 0],
    ['seeding ms', (r) => r.seedMs, 0],
  ],
  compared: [
    { what: 'send acked/s', value: (r) => r.send.acknowledgedPerSecond },
    { what: 'send ack p99', value: (r) => r.send.ack.p99 },
    { what: 'steady ack p50', value: (r) => r.steady.ack.p50 },
    { what: 'steady ack p99', value: (r) => r.steady.ack.p99 },
    { what: 'steady receive p99', value: (r) => r.steady.receive?.p99 ?? NaN },
  ],
  notes: (r) => [...pacedNotes(r.steady), ...pacedNotes(r.send)],
  once: (call) => {
    const { messages, otherRooms, seconds } = call.options;
    const prepare = async (running: Running, dataDirectory: string) => {
      const guests = await running.seat(places());
      const from = performance.now();
      if (call.subject === 'seeded') await seed(dataDirectory, { messages, otherRooms, textBytes: SHAPE.textBytes });
      return { guests, seedMs: performance.now() - from };
    };
    // Started again in both cases: a running server remembers where the logs of its rooms end.
    return withBout(call, 'parley', { prepare, isRestarted: true }, async (bout, { guests, seedMs }) => {
      const steady = await paced(bout, guests, { pace: STEADY, seconds });
      return { seedMs, steady, send: await paced(bout, guests, { pace: SEND, seconds }) };
    });
  },
});
