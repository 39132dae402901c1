import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSync } from 'node:child_process';
import { ParleyCluster, type ClusterNode } from '../server/parley-cluster.ts';
import { signal, until } from '../server/processes.ts';
import { whyNoRedis } from '../server/redis-process.ts';
import type { Stage } from '../stage.ts';
import { dieAfterCommit, untilCaught } from './death-after-commit.ts';
import { isRoot, must, type Fault } from './fault.ts';
import { lineFaults } from './line.ts';
import { PLAIN, type Line, type Proxy } from './proxy.ts';

const HELD_MS = 6_000;
/** "Sends are still acknowledged within 1 s" (F15), and what two cores for everything add. */
const ACKED_WITHIN_MS = 2_000;
/** A drained server has ended by then (G22). */
const DRAINED_WITHIN_MS = 12_000;
const CUT_EVERY_MS = 400;

function clusterOf({ server }: Stage): ParleyCluster {
  if (!(server instanceof ParleyCluster)) throw new Error('this is played on a cluster');
  return server;
}

type Facts = Pick<Fault, 'code' | 'name' | 'title'> & Partial<Fault>;

const fault = ({ answersInTime = true, isQuick = true, whyNot = whyNoRedis, ...facts }: Facts, play: Fault['play']): Fault => ({
  ...facts,
  answersInTime,
  isQuick,
  whyNot,
  play,
});

const anApi = (stage: Stage): ClusterNode => {
  const node = stage.random.pick(clusterOf(stage).apis);
  if (!node) throw new Error('no api node');
  return node;
};

const nodeKilled = fault(
  { code: 'F1', name: 'F1', title: 'an api node is killed: its clients go on with the other, and it comes back', answersInTime: false },
  async (stage) => {
    const { process: node } = anApi(stage);
    await node.kill();
    await stage.flows(15_000);
    await node.start();
    return performance.now();
  },
);

const nodeDiesAfterCommit = fault(
  {
    code: 'F2',
    name: 'F2',
    title: 'an api node dies between commit and ack: repeats, on whichever node, find what was committed',
    answersInTime: false,
  },
  (stage) =>
    untilCaught(stage, async () => {
      const { process: node } = anApi(stage);
      // Whoever comes through our proxy loses its connection and comes back, to either node: a node that was just started has nobody.
      const at = await dieAfterCommit(node, stage, () => stage.proxy.cut());
      await node.start();
      return at;
    }),
);

/** Nothing durable waits for Redis, whatever becomes of it. */
async function mustAckMeanwhile(stage: Stage, strike: () => Promise<void>): Promise<void> {
  const from = performance.now();
  await strike();
  // Beside a fault of the line only those who are not on it can tell.
  const isLineSound = !stage.wasBeside(lineFaults, from);
  const tooks = stage.population.outcomes
    .filter(({ startedAt, result }) => startedAt > from && (result === 'ok' || result === 'deduplicated'))
    .filter(({ isOnLine }) => isLineSound || !isOnLine)
    .map(({ tookMs }) => tookMs)
    .sort((a, b) => a - b);
  must(tooks.length > 0, 'nothing was acknowledged without Redis');
  const slow = tooks[Math.floor(tooks.length * 0.99)] ?? 0;
  must(slow < ACKED_WITHIN_MS, `an acknowledgement without Redis took ${Math.round(slow)} ms (p99)`);
}

const redisKilled = fault(
  {
    code: 'F13',
    name: 'F13',
    title: 'Redis is killed and comes back empty: acknowledgements do not wait, receivers are whole within seconds',
  },
  async (stage) => {
    const { redis } = clusterOf(stage);
    await redis.kill();
    try {
      await mustAckMeanwhile(stage, () => sleep(HELD_MS));
    } finally {
      await redis.start();
    }
    return performance.now();
  },
);

const redisFlushed = fault({ code: 'F14', name: 'F14', title: 'everything in Redis is deleted, again and again' }, async (stage) => {
  const { redis } = clusterOf(stage);
  for (let round = 0; round < 5; round += 1) {
    redis.command('flushall');
    await sleep(CUT_EVERY_MS);
  }
  return performance.now();
});

const redisStopped = (name: string, heldMs: number, isQuick: boolean): Fault =>
  fault(
    { code: 'F15', name, title: `Redis stands still for ${heldMs / 1_000} s: acknowledgements do not wait`, isQuick },
    async (stage) => {
      const { redis } = clusterOf(stage);
      signal([redis.pid], 'SIGSTOP');
      try {
        await mustAckMeanwhile(stage, () => sleep(heldMs));
      } finally {
        signal([redis.pid], 'SIGCONT');
      }
      return performance.now();
    },
  );

const redisFull = fault({ code: 'F16', name: 'F16', title: 'Redis has no memory left and evicts nothing' }, async (stage) => {
  const { redis } = clusterOf(stage);
  redis.command('config', 'set', 'maxmemory-policy', 'noeviction');
  redis.command('config', 'set', 'maxmemory', '1');
  try {
    await mustAckMeanwhile(stage, () => sleep(HELD_MS));
  } finally {
    redis.command('config', 'set', 'maxmemory', '0');
  }
  return performance.now();
});

const subscriptionsCut = fault(
  { code: 'F17', name: 'F17', title: 'the subscriptions of all nodes are cut again and again' },
  async (stage) => {
    const { redis } = clusterOf(stage);
    const end = performance.now() + HELD_MS;
    while (performance.now() < end) {
      redis.command('client', 'kill', 'type', 'pubsub');
      await sleep(CUT_EVERY_MS);
    }
    return performance.now();
  },
);

const partition = (name: string, title: string, line: (node: ClusterNode) => Proxy, change: Partial<Line>): Fault =>
  fault({ code: 'F18', name, title }, async (stage) => {
    const cut = line(anApi(stage));
    cut.line = { ...PLAIN, ...change };
    try {
      await sleep(HELD_MS);
    } finally {
      cut.line = PLAIN;
      // What was silent for so long is not believed again: as after a real partition, new connections are made.
      cut.cut();
    }
    return performance.now();
  });

const rolling = fault(
  {
    code: 'F32',
    name: 'F32',
    title: 'all nodes are restarted one after the other under load: drained within 10 s, nothing acknowledged is lost',
    isQuick: false,
  },
  async (stage) => {
    for (const { process: node, name } of clusterOf(stage).nodes) {
      const from = performance.now();
      await node.stop();
      const took = performance.now() - from;
      must(took < DRAINED_WITHIN_MS, `${name} took ${Math.round(took)} ms to end`);
      await stage.flows(15_000);
      await node.start();
      await until('it is ready', 20_000, async () => (await fetch(`${node.url}/readyz`)).status === 200);
    }
    return performance.now();
  },
);

const herd = fault(
  {
    code: 'F25',
    name: 'F25',
    title: 'every connection of every node is destroyed in one moment',
    answersInTime: false,
    whyNot: () => whyNoRedis() ?? (isRoot() ? undefined : 'needs root and ss -K'),
  },
  async (stage) => {
    stage.blows.push(performance.now());
    for (const port of clusterOf(stage).serverPorts) spawnSync('ss', ['-K', '-t', '-n', `sport = :${port}`]);
    return performance.now();
  },
);

/** What can happen between nodes, and to Redis. */
export const clusterFaults: readonly Fault[] = [
  nodeKilled,
  nodeDiesAfterCommit,
  redisKilled,
  redisFlushed,
  redisStopped('F15', 8_000, true),
  redisStopped('F15-long', 30_000, false),
  redisFull,
  subscriptionsCut,
  partition('F18-redis', 'one node is parted from Redis: no stale event, whole again within seconds', ({ toRedis }) => toRedis, {
    isDead: true,
  }),
  partition('F18-redis-up', 'what one node tells Redis does not arrive, what it hears does', ({ toRedis }) => toRedis, { isMute: 'up' }),
  partition('F18-redis-down', 'one node does not hear Redis, and is heard', ({ toRedis }) => toRedis, { isMute: 'down' }),
  partition('F18-postgres', 'one node is parted from PostgreSQL: it refuses, the other goes on', ({ toPostgres }) => toPostgres, {
    isDead: true,
  }),
  herd,
  rolling,
];
