import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { play } from '../campaign.ts';
import type { FindingKind } from '../checks/findings.ts';
import { CLUSTER_FAULTS, FAULTS } from '../faults/all.ts';
import type { Random } from '../random.ts';
import { Stage } from '../stage.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SIZE = { rooms: 4, users: 8, roomsPerUser: 3 };
const SENDS_PER_SECOND = 80;
/** Rights are to change all the time. */
const MODERATE_MS = 400;
/** The beacon comes every 5 s. */
const CURRENT_MS = 8_000;

/** A seeded bug and the smallest schedule that must show it. */
export interface Control {
  readonly name: string;
  readonly title: string;
  /** Names of faults, in order. */
  readonly faults: readonly string[];
  readonly loadMs: number;
  /** Default: embedded. */
  readonly topology?: 'embedded' | 'cluster';
  /** At least one finding of these kinds; empty: the server must cope, and nothing may be found. */
  readonly caughtBy: readonly FindingKind[];
}

export const CONTROLS: readonly Control[] = [
  {
    name: 'ack_before_commit',
    title: 'a send is answered before it is written, and PostgreSQL is killed',
    faults: ['F4'],
    loadMs: 500,
    caughtBy: ['lost'],
  },
  {
    name: 'no_dedupe',
    title: 'the log knows no client ids, and everything is delivered twice',
    faults: ['F30'],
    loadMs: 0,
    caughtBy: ['duplicate-stored', 'retry-other-pts'],
  },
  {
    name: 'lossy_fanout',
    title: 'a quarter of the packets is lost on the way to the sockets: the beacon heals',
    faults: [],
    loadMs: 3_000,
    caughtBy: [],
  },
  {
    name: 'no_beacon',
    title: 'a quarter of the packets is lost, and nobody tells the heads of rooms',
    faults: [],
    loadMs: 1_500,
    caughtBy: ['final-state'],
  },
  {
    name: 'cached_membership',
    title: 'rights are remembered and not compared at the commit',
    faults: [],
    loadMs: 3_000,
    caughtBy: ['spoke-after-ban'],
  },
  {
    name: 'session_guc',
    title: 'the tenant is set on the session and not on the transaction',
    faults: [],
    loadMs: 3_000,
    caughtBy: ['foreign-content', 'wrongly-refused'],
  },
  {
    name: 'lossy_bus',
    title: 'a quarter of what nodes tell each other is lost: gaps and the sweep heal',
    topology: 'cluster',
    faults: [],
    loadMs: 3_000,
    caughtBy: [],
  },
  {
    name: 'no_sweep',
    title: 'nodes tell each other nothing, and nobody looks for what they committed',
    topology: 'cluster',
    faults: [],
    loadMs: 3_000,
    caughtBy: ['final-state'],
  },
  {
    name: 'pts_from_redis',
    title: 'positions are counted in Redis, and Redis forgets them',
    topology: 'cluster',
    faults: ['F14'],
    loadMs: 2_000,
    caughtBy: ['ack-differs', 'divergent', 'retry-other-pts'],
  },
  {
    name: 'cached_membership_cluster',
    title: 'rights are remembered on each of several nodes, and not compared at the commit',
    topology: 'cluster',
    faults: [],
    loadMs: 3_000,
    caughtBy: ['spoke-after-ban'],
  },
];

export interface ControlResult {
  readonly control: Control;
  readonly isAsExpected: boolean;
  /** Kinds of findings with their counts. */
  readonly found: Readonly<Record<string, number>>;
  readonly example?: string;
}

export async function tryControl(control: Control, random: Random): Promise<ControlResult> {
  const stage = await Stage.open({
    random: random.fork(control.name),
    size: SIZE,
    sendsPerSecond: SENDS_PER_SECOND,
    moderateMs: MODERATE_MS,
    currentMs: CURRENT_MS,
    ...(control.topology ? { topology: control.topology } : {}),
    process: { main: MAIN, env: { PARLEY_TEST_CONTROL: control.name } },
  });
  try {
    for (const name of control.faults) {
      const fault = [...FAULTS, ...CLUSTER_FAULTS].find((one) => one.name === name);
      if (fault) await play(stage, fault);
    }
    await sleep(control.loadMs);
    const { findings, troubles } = await stage.judge();
    const found = Object.fromEntries([...Map.groupBy(findings, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]));
    const caught = findings.find(({ kind }) => control.caughtBy.includes(kind));
    const isAsExpected = control.caughtBy.length > 0 ? caught !== undefined : findings.length === 0 && troubles.length === 0;
    const shown = caught ?? findings[0];
    const example = shown ? `${shown.kind} in ${shown.roomId}: ${shown.detail}` : troubles[0];
    return { control, isAsExpected, found, ...(example === undefined ? {} : { example }) };
  } finally {
    await stage.close();
  }
}
