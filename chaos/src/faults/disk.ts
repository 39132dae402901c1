import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { play } from '../campaign.ts';
import { until } from '../server/processes.ts';
import { Stage } from '../stage.ts';
import { must, type Fault } from './fault.ts';
import { openDirectory, SmallDisk, whyNoMounts } from './mounts.ts';
import type { OwnStageFault } from './own-stage.ts';

const SIZE = { rooms: 4, users: 8, roomsPerUser: 3 };
const SENDS_PER_SECOND = 60;
const DATA_MIB = 400;
const WAL_MIB = 96;
const HELD_MS = 8_000;
/** Texts that no compression makes small, until a segment of the log (16 MiB) is used up. */
const TEXT_BYTES = 24_000;
const FULL_WITHIN_MS = 60_000;

const DATA_FULL = {
  code: 'F11',
  name: 'F11',
  title: 'the data volume is full: sends are refused within 5 s, nothing acknowledged is lost, and it heals by itself when there is room',
  answersInTime: true,
  isQuick: false,
  whyNot: whyNoMounts,
};
const WAL_FULL = {
  code: 'F11',
  name: 'F11b',
  title: 'the write-ahead log has no room: PostgreSQL panics, health says why, and it is started again',
  answersInTime: true,
  isQuick: false,
  whyNot: whyNoMounts,
};

const refusals = ({ population }: Stage): number => population.outcomes.filter(({ code }) => code === 'unavailable').length;

const dataFull = (disk: SmallDisk): Fault => ({
  ...DATA_FULL,
  async play(stage) {
    const before = refusals(stage);
    disk.fill();
    try {
      await flood(stage, () => refusals(stage) > before);
      await sleep(HELD_MS);
      must(stage.server.isRunning, 'the server ended');
    } finally {
      disk.empty();
    }
    return performance.now();
  },
});

const walFull = (disk: SmallDisk): Fault => ({
  ...WAL_FULL,
  async play(stage) {
    const { server } = stage;
    const { postmaster } = server;
    disk.fill();
    try {
      await flood(stage, () => server.lastOutput.includes('PANIC'));
      await until('/readyz says 503 and why', 20_000, async () => {
        const response = await fetch(`${server.url}/readyz`, { signal: AbortSignal.timeout(6_000) });
        const text = await response.text();
        return response.status === 503 && /PANIC|No space|space left/i.test(text);
      });
      await sleep(HELD_MS);
      must(server.isRunning, 'the server ended');
    } finally {
      disk.empty();
    }
    const at = performance.now();
    await until('PostgreSQL runs again', 40_000, () => server.postmaster !== postmaster);
    return at;
  },
});

/** Large messages, a few at a time, until it is enough. */
async function flood({ population }: Stage, isEnough: () => boolean): Promise<void> {
  const speakers = population.people.slice(0, 6);
  const end = performance.now() + FULL_WITHIN_MS;
  const talk = async (index: number): Promise<void> => {
    const person = speakers[index];
    const roomId = [...(person?.rooms ?? [])].find(([, state]) => state === 'in')?.[0];
    for (let count = 0; person && roomId !== undefined && !isEnough() && performance.now() < end; count += 1) {
      const clientMessageId = `large-${index}-${count}-${randomBytes(4).toString('hex')}`;
      const text = `${population.canaries.of(person.api.tenantId)} ${randomBytes(TEXT_BYTES).toString('base64')}`;
      // Not waited for: while nothing fits, it is repeated, and its turn comes with the healing.
      void person.speaker.say({ roomId, clientMessageId, text }, 'socket').catch(() => undefined);
      await sleep(120);
    }
  };
  await Promise.all(speakers.map((_, index) => talk(index)));
  must(isEnough(), `the disk did not get full in ${FULL_WITHIN_MS / 1_000} s`);
}

const onSmallDisk: OwnStageFault = {
  ...DATA_FULL,
  async perform(random, judge) {
    const directory = openDirectory('parley-chaos-disk-');
    const disk = SmallDisk.mount(directory, DATA_MIB);
    try {
      const stage = await Stage.open({ random, size: SIZE, sendsPerSecond: SENDS_PER_SECOND, dataDirectory: join(directory, 'data') });
      try {
        const played = [await play(stage, dataFull(disk))];
        return { played, judgement: await judge(stage) };
      } finally {
        await stage.close();
      }
    } finally {
      disk.unmount();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

const onSmallLog: OwnStageFault = {
  ...WAL_FULL,
  async perform(random, judge) {
    const stage = await Stage.open({ random, size: SIZE, sendsPerSecond: SENDS_PER_SECOND });
    let disk: SmallDisk | undefined;
    try {
      await stage.server.stop();
      disk = moveLog(join(stage.server.dataDirectory, 'postgres/pg_wal'));
      await stage.server.start();
      await stage.untilWhole(30_000);
      const played = [await play(stage, walFull(disk))];
      const judgement = await judge(stage);
      return { played, judgement };
    } finally {
      await stage.server.stop().catch(() => stage.server.killAll());
      disk?.unmount();
      await stage.close();
    }
  },
};

/** What is there moves to a small disk that takes its place. */
function moveLog(path: string): SmallDisk {
  const { uid, gid } = statSync(path);
  const aside = `${path}-aside`;
  cpSync(path, aside, { recursive: true });
  const disk = SmallDisk.mount(path, WAL_MIB);
  cpSync(aside, path, { recursive: true });
  rmSync(aside, { recursive: true });
  chownSync(path, uid, gid);
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) chownSync(join(path, name), uid, gid);
  return disk;
}

/** Disks without room. */
export const diskFaults: readonly OwnStageFault[] = [onSmallDisk, onSmallLog];
