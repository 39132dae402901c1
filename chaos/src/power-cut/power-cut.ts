import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDirectory } from '../faults/mounts.ts';
import { Random } from '../random.ts';
import { countsOf } from '../report/figures.ts';
import { machine } from '../report/machine.ts';
import { PostgresCluster, whyNoBinaries } from '../server/postgres-cluster.ts';
import { killTree } from '../server/processes.ts';
import { Stage } from '../stage.ts';
import { LoopDisk, whyNoPowerCut } from './loop-disk.ts';

const SIZE = { rooms: 6, users: 16, roomsPerUser: 3 };
const SENDS_PER_SECOND = 250;
/** Of the load before the cut. */
const LOAD_MS = [4_000, 9_000] as const;
export const CANNOT_RUN = 3;

interface Row {
  readonly name: string;
  readonly settings: readonly string[];
  /** The database is told to lie: then something must be lost. */
  readonly mustLose: boolean;
}

const ROWS: readonly Row[] = [
  { name: 'as the server wants it', settings: ['fsync = on', 'full_page_writes = on', 'synchronous_commit = on'], mustLose: false },
  { name: 'once more', settings: ['fsync = on', 'full_page_writes = on', 'synchronous_commit = on'], mustLose: false },
  {
    name: 'control: synchronous_commit = off',
    settings: ['fsync = on', 'synchronous_commit = off', 'wal_writer_delay = 2000'],
    mustLose: true,
  },
  { name: 'control: fsync = off', settings: ['fsync = off'], mustLose: true },
];

interface Outcome {
  readonly row: Row;
  readonly acknowledged: number;
  readonly lost: number;
  readonly others: number;
  /** The database did not start again at all. */
  readonly ruin?: string;
}

/** F6: the power of the database's host is cut under load, and everything acknowledged must be there. Exit code. */
export async function powerCut(seed: number, say: (line: string) => void): Promise<{ readonly code: number; readonly text: string }> {
  const why = whyNoPowerCut() ?? whyNoBinaries();
  if (why !== undefined) return { code: CANNOT_RUN, text: `F6 WAS NOT TRIED: ${why}` };
  const random = new Random(seed);
  const outcomes: Outcome[] = [];
  for (const row of ROWS) {
    const outcome = await cutOnce(row, random.fork(row.name));
    outcomes.push(outcome);
    say(`${row.name}: ${JSON.stringify({ ...outcome, row: undefined })}`);
  }
  const isPassed = outcomes.every(isAsItMust);
  const lines = outcomes.map(({ row, acknowledged, lost, others, ruin }) => {
    const verdict = isAsItMust({ row, acknowledged, lost, others, ...(ruin === undefined ? {} : { ruin }) })
      ? row.mustLose
        ? 'caught'
        : 'held'
      : 'WRONG';
    return `| ${row.name} | ${acknowledged} | ${ruin ?? lost} | ${others} | ${verdict} |`;
  });
  const text = [
    `# Power cut (F6), seed ${seed}`,
    '',
    `${machine()}. PostgreSQL on ext4 in a loop file, cut off with EXT4_IOC_SHUTDOWN and no flush of the journal.`,
    '',
    '| settings | acknowledged | lost | other findings | verdict |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
  return { code: isPassed ? 0 : 1, text };
}

const isAsItMust = ({ row, lost, others, ruin }: Outcome): boolean =>
  row.mustLose ? lost > 0 || ruin !== undefined : lost === 0 && others === 0 && ruin === undefined;

async function cutOnce(row: Row, random: Random): Promise<Outcome> {
  const directory = openDirectory('parley-chaos-power-');
  const disk = LoopDisk.make(directory);
  let cluster: PostgresCluster | undefined;
  try {
    mkdirSync(join(disk.path, 'pg'));
    cluster = await PostgresCluster.init(join(disk.path, 'pg/data'), row.settings);
    cluster.start();
    const env = { PARLEY_POSTGRES_URL: cluster.urlBehind(cluster.port) };
    const stage = await Stage.open({ random, size: SIZE, sendsPerSecond: SENDS_PER_SECOND, process: { env } });
    try {
      // What made the rooms is not the matter: without it there would be nothing to look at.
      disk.flush();
      await sleep(random.int(...LOAD_MS));
      return await cut(row, stage, disk, cluster);
    } finally {
      await stage.close();
    }
  } finally {
    cluster?.kill();
    await disk.remove();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function cut(row: Row, stage: Stage, disk: LoopDisk, cluster: PostgresCluster): Promise<Outcome> {
  const { postmaster } = cluster;
  disk.cutPower();
  stage.recorder.record({ kind: 'fault', name: 'F6', phase: 'begin' });
  if (postmaster !== undefined) killTree(postmaster);
  await stage.server.killAll();
  await disk.unmount();
  disk.mount();
  // On a machine that was switched on again no process has the number of the old postmaster; here a dead one may still have it.
  rmSync(join(cluster.directory, 'postmaster.pid'), { force: true });
  const acknowledged = (): number => countsOf(stage.recorder.history()).acknowledged;
  try {
    cluster.start();
    await stage.server.start();
    await stage.untilWhole(40_000);
  } catch (error) {
    return {
      row,
      acknowledged: acknowledged(),
      lost: 0,
      others: 0,
      ruin: error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error),
    };
  }
  const { findings, troubles } = await stage.judge();
  const lost = findings.filter(({ kind }) => kind === 'lost').length;
  return { row, acknowledged: acknowledged(), lost, others: findings.length - lost + troubles.length };
}
