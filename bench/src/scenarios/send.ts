import { withBout } from '../bout.ts';
import { scenario, targetOf } from '../scenario.ts';
import { paced, pacedNotes, places, SEND, SEND_COLUMNS, SHAPE, type Paced } from './paced.ts';

/** As much as goes: each sender keeps 8 messages unacknowledged. */
export const send = scenario<Paced>({
  name: 'send',
  targets: ['parley', 'bare', 'naive'],
  shape: () => SHAPE,
  columns: SEND_COLUMNS,
  compared: [
    { what: 'acked/s', value: (r) => r.acknowledgedPerSecond },
    { what: 'ack p99', value: (r) => r.ack.p99 },
  ],
  notes: pacedNotes,
  once: (call) =>
    withBout(call, targetOf(call), { prepare: (running) => running.seat(places()) }, (bout, guests) =>
      paced(bout, guests, { pace: SEND, seconds: call.options.seconds }),
    ),
});
