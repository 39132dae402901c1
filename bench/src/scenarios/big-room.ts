import { withBout } from '../bout.ts';
import type { BigRoomResult } from '../load/plan.ts';
import type { Options } from '../options.ts';
import { scenario, targetOf } from '../scenario.ts';

const MEMBERS = 1_000;
const SHAPE = { senders: 10, textBytes: 200, receiveP99Ms: 250 } as const;
const SEARCH = { start: 25, ceiling: 6_400, precision: 0.05 } as const;
const WARMUP_SECONDS = 1;
/** Longer steps would only make the search longer: at 100 messages per second and 1,000 members 3 s are 300,000 deliveries. */
const STEP_SECONDS_MAX = 3;

interface BigRoom extends BigRoomResult {
  /** By step, in the order of `steps`. */
  readonly cpu: readonly { readonly server: number; readonly postgres: number }[];
}

const shape = ({ connections = MEMBERS }: Options) => ({ members: connections, ...SHAPE, search: SEARCH });

/** Of the step that decided: the highest rate that held. */
function best({ steps, cpu }: BigRoom) {
  const held = steps.map((step, index) => ({ ...step, ...cpu[index] })).filter(({ failedBy }) => failedBy === undefined);
  return held.reduce<(typeof held)[number] | undefined>((high, step) => (high && high.rate > step.rate ? high : step), undefined);
}

/** One room, everybody online: the highest rate of messages at which they still arrive in time. */
export const bigRoom = scenario<BigRoom>({
  name: 'big-room',
  targets: ['parley', 'bare'],
  shape,
  columns: [
    ['messages/s', (r) => r.ratePerSecond, 0],
    ['recv p50 ms', (r) => best(r)?.receive.p50 ?? NaN],
    ['recv p99 ms', (r) => best(r)?.receive.p99 ?? NaN],
    ['ack p99 ms', (r) => best(r)?.ack.p99 ?? NaN],
    ['steps', (r) => r.steps.length, 0],
    ['closed', (r) => r.steps.reduce((sum, { closedConnections }) => sum + closedConnections, 0), 0],
    ['server CPU %', (r) => (best(r)?.server ?? NaN) * 100, 0],
    ['postgres CPU %', (r) => (best(r)?.postgres ?? NaN) * 100, 0],
    ['load CPU %', (r) => (best(r)?.loadCpuShare ?? NaN) * 100, 0],
  ],
  compared: [{ what: 'messages/s', value: (r) => r.ratePerSecond }],
  notes: ({ steps }) =>
    steps.map(({ rate, failedBy, receive }) => `${rate}/s ${failedBy ?? 'held'}, recv p99 ${receive.p99.toFixed(0)} ms`),
  once: (call) => {
    const { members } = shape(call.options);
    const places = Array.from({ length: members }, (_, index) => ({ userId: `bench-u${index}`, rooms: ['bench-big'] }));
    return withBout(call, targetOf(call), { prepare: (running) => running.seat(places) }, async (bout, guests) => {
      const seconds = Math.min(call.options.seconds, STEP_SECONDS_MAX);
      const plan = { ...SHAPE, address: bout.address, guests, search: SEARCH, warmupSeconds: WARMUP_SECONDS, seconds };
      const { result, windows } = await bout.load('big-room', plan);
      return { ...result, cpu: windows.map(({ server, postgres }) => ({ server, postgres })) };
    });
  },
});
