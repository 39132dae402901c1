import { Bout } from '../bout.ts';
import { spread, startNodes, whyNoRedis, type RunningNodes } from '../nodes.ts';
import { withDirectory } from '../processes.ts';
import { scenario, type TurnCall } from '../scenario.ts';
import type { Guest } from '../load/crowd.ts';
import { paced, pacedNotes, places, SHAPE, STEADY, STEADY_COLUMNS, type Paced } from './paced.ts';
import { stormNotes, stormOf, STORM_COLUMNS, stormPlaces, stormShape, type Storm } from './storm.ts';

/** Five times `steady`: enough that what two idle nodes cost does not tell. */
const BUSY_PER_SECOND = 1_000;
const SUBJECTS = ['one node', 'two nodes'] as const;

interface CrossNode extends Paced {
  readonly busy: Paced;
}

/** Fresh data, two nodes, the work, and everything gone again. */
async function withNodes<T>(work: (bout: Bout, running: RunningNodes) => Promise<T>): Promise<T> {
  const why = whyNoRedis();
  if (why !== undefined) throw new Error(why);
  return withDirectory(async (directory) => {
    const running = await startNodes(directory);
    try {
      return await work(new Bout(running, directory), running);
    } finally {
      await running.stop();
    }
  });
}

/** All guests on the first node, or half of each room's members, senders among them, on the second. */
const seated = async ({ subject }: TurnCall, running: RunningNodes): Promise<readonly Guest[]> =>
  spread(await running.seat(places()), running.ports, (index) => subject === 'two nodes' && Math.floor(index / SHAPE.rooms) % 2 === 1);

/** CPU of both nodes, Redis and PostgreSQL for one acknowledged message with ten receivers, microseconds. */
const cpuPerMessage = ({ cpu, acknowledgedPerSecond }: Paced): number => ((cpu.server + cpu.postgres) * 1e6) / acknowledgedPerSecond;

/** The same load on the same two nodes: with every room on one of them, and with every room on both. */
export const crossNode = scenario<CrossNode>({
  name: 'cross-node',
  targets: ['parley'],
  subjects: SUBJECTS,
  shape: () => ({ ...SHAPE, busyPerSecond: BUSY_PER_SECOND }),
  columns: [
    ...STEADY_COLUMNS,
    ['busy acked/s', ({ busy }) => busy.acknowledgedPerSecond, 0],
    ['busy missing', ({ busy }) => busy.missingDeliveries, 0],
    ['busy CPU us/message', ({ busy }) => cpuPerMessage(busy), 0],
  ],
  compared: [
    { what: 'busy CPU per message', value: ({ busy }) => cpuPerMessage(busy) },
    { what: 'receive p99', value: (r) => r.receive?.p99 ?? NaN },
  ],
  notes: (r) => [...pacedNotes(r), ...pacedNotes(r.busy)],
  once: (call) =>
    withNodes(async (bout, running) => {
      const guests = await seated(call, running);
      const { seconds } = call.options;
      const calm = await paced(bout, guests, { pace: STEADY, seconds });
      return { ...calm, busy: await paced(bout, guests, { pace: { ratePerSecond: BUSY_PER_SECOND }, seconds }) };
    }),
});

/** Everybody on two nodes is dropped at once and comes back to where it was. */
export const clusterStorm = scenario<Storm>({
  name: 'cluster-storm',
  targets: ['parley'],
  subjects: ['two nodes'],
  shape: stormShape,
  columns: STORM_COLUMNS,
  compared: [],
  notes: stormNotes,
  once: (call) =>
    withNodes(async (bout, running) => {
      const guests = await running.seat(stormPlaces(stormShape(call.options).connections));
      return stormOf(
        bout,
        spread(guests, running.ports, (index) => index % 2 === 1),
        true,
      );
    }),
});
