import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { play } from '../campaign.ts';
import { PostgresCluster, whyNoBinaries } from '../server/postgres-cluster.ts';
import { clientBackends, until } from '../server/processes.ts';
import { Stage } from '../stage.ts';
import { must, type Fault } from './fault.ts';
import { openDirectory } from './mounts.ts';
import type { OwnStageFault } from './own-stage.ts';
import { Proxy } from './proxy.ts';

const SIZE = { rooms: 4, users: 8, roomsPerUser: 3 };
const SENDS_PER_SECOND = 60;
const HEALED_WITHIN_MS = 30_000;
const DOWN_MS = 2_000;

const FACTS = (name: string, how: string) => ({
  code: 'F39',
  name,
  title: `a synchronous standby is promoted, the old primary is ${how}: heals within 30 s without a restart, and nothing is written to the old one`,
  answersInTime: true,
  isQuick: false,
  whyNot: whyNoBinaries,
});
const GONE = FACTS('F39-gone', 'gone');
const READ_ONLY = FACTS('F39-read-only', 'still there and read-only');

interface Pair {
  readonly primary: PostgresCluster;
  readonly standby: PostgresCluster;
  /** The address the server knows. */
  readonly address: Proxy;
}

/** Two clusters, the second following the first, which waits for it at every commit. */
async function pairIn(directory: string, address: Proxy): Promise<Pair> {
  const settings = ['wal_level = replica', 'fsync = on', 'synchronous_commit = on'];
  mkdirSync(join(directory, 'a'));
  const primary = await PostgresCluster.init(join(directory, 'a/data'), settings);
  const following = `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=parley application_name=standby'`;
  mkdirSync(join(directory, 'b'), { mode: 0o755 });
  const standby = await primary.copyTo(join(directory, 'b/data'), [following]);
  standby.follow();
  primary.start();
  standby.start();
  // From now on a commit is one of both.
  primary.set("synchronous_standby_names = 'standby'");
  primary.reload();
  address.turnTo(primary.port);
  return { primary, standby, address };
}

const promotion = (facts: typeof GONE, { primary, standby, address }: Pair): Fault => ({
  ...facts,
  async play({ server }) {
    if (facts === GONE) primary.kill();
    else {
      primary.set('default_transaction_read_only = on');
      primary.reload();
      await sleep(DOWN_MS);
    }
    standby.promote();
    await sleep(DOWN_MS);
    address.turnTo(standby.port);
    const at = performance.now();
    await until('nobody is connected to the old primary', HEALED_WITHIN_MS, () => {
      const { postmaster } = primary;
      return facts === GONE || postmaster === undefined || clientBackends(postmaster).length === 0;
    });
    must(server.lives === 1, 'the server was started again');
    return at;
  },
});

const own = (facts: typeof GONE): OwnStageFault => ({
  ...facts,
  async perform(random, judge) {
    const directory = openDirectory('parley-chaos-standby-');
    const address = await Proxy.to(1, random.fork('database'));
    let pair: Pair | undefined;
    try {
      pair = await pairIn(directory, address);
      const env = { PARLEY_POSTGRES_URL: pair.primary.urlBehind(address.port) };
      const stage = await Stage.open({ random, size: SIZE, sendsPerSecond: SENDS_PER_SECOND, process: { env } });
      try {
        const played = await play(stage, promotion(facts, pair));
        const late = (played.healedMs ?? 0) > HEALED_WITHIN_MS ? [`healed only after ${Math.round(played.healedMs ?? 0)} ms`] : [];
        return { played: [{ ...played, violations: [...played.violations, ...late] }], judgement: await judge(stage) };
      } finally {
        await stage.close();
      }
    } finally {
      pair?.primary.kill();
      pair?.standby.kill();
      await address.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  },
});

/** A database that moves to another machine. */
export const standbyFaults: readonly OwnStageFault[] = [own(GONE), own(READ_ONLY)];
