import { withBout } from '../bout.ts';
import { scenario, targetOf } from '../scenario.ts';
import { paced, pacedNotes, places, SHAPE, STEADY, STEADY_COLUMNS, type Paced } from './paced.ts';

/** 200 messages per second, far below what a server can: how long each takes. */
export const steady = scenario<Paced>({
  name: 'steady',
  targets: ['parley', 'bare', 'naive'],
  shape: () => SHAPE,
  columns: STEADY_COLUMNS,
  compared: [
    { what: 'ack p99', value: (r) => r.ack.p99 },
    { what: 'receive p99', value: (r) => r.receive?.p99 ?? NaN },
  ],
  notes: pacedNotes,
  once: (call) =>
    withBout(call, targetOf(call), { prepare: (running) => running.seat(places()) }, (bout, guests) =>
      paced(bout, guests, { pace: STEADY, seconds: call.options.seconds }),
    ),
});
