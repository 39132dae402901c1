import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessOptions } from '../server/parley-process.ts';
import { livePostmasters, readiness, signal, until } from '../server/processes.ts';
import type { Stage } from '../stage.ts';
import { dieAfterCommit, untilCaught } from './death-after-commit.ts';
import { HEALED_WITHIN_MS, isRoot, must, possible, type Fault } from './fault.ts';

/** Starts again on the same data and watches that no second postmaster ever takes the data directory. */
async function startOver({ server }: Stage, options: ProcessOptions = {}): Promise<void> {
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, livePostmasters(server.dataDirectory).length)), 50);
  try {
    await server.start(options);
  } finally {
    clearInterval(watch);
  }
  must(most === 1, `${most} postmasters at once`);
}

const betweenCommitAndAck: Fault = {
  code: 'F2',
  name: 'F2',
  title: 'the server dies between commit and ack: the retries find what was committed',
  answersInTime: false,
  isQuick: true,
  whyNot: possible,
  play: (stage) =>
    untilCaught(stage, async () => {
      const at = await dieAfterCommit(stage.server, stage);
      await startOver(stage);
      return at;
    }),
};

const killed = (name: string, title: string, isWhole: boolean): Fault => ({
  code: 'F7',
  name,
  title,
  answersInTime: false,
  isQuick: true,
  whyNot: possible,
  async play(stage) {
    const { server } = stage;
    await (isWhole ? server.killAll() : server.kill());
    const at = performance.now();
    if (isWhole) must(existsSync(join(server.dataDirectory, 'postgres/postmaster.pid')), 'nothing was left behind');
    await startOver(stage);
    return at;
  },
});

const stalled = (name: string, heldMs: number, isQuick: boolean): Fault => ({
  code: 'F26',
  name,
  title: `the server's process stands still for ${heldMs / 1_000} s: nothing is told twice, everybody comes back`,
  answersInTime: false,
  isQuick,
  whyNot: possible,
  async play({ server }) {
    signal([server.pid], 'SIGSTOP');
    try {
      await sleep(heldMs);
    } finally {
      signal([server.pid], 'SIGCONT');
    }
    return performance.now();
  },
});

const CPU_V1 = '/sys/fs/cgroup/cpu';
const STARVED_MS = 10_000;

const starved: Fault = {
  code: 'F27',
  name: 'F27',
  title: 'the server gets 5 % of a core for 10 s: slow, but nothing wrong, and whole again after',
  answersInTime: false,
  isQuick: false,
  whyNot: () => (isRoot() && existsSync(join(CPU_V1, 'cpu.cfs_quota_us')) ? undefined : 'needs root and the cpu controller of cgroup v1'),
  async play({ server }) {
    const group = join(CPU_V1, `parley-chaos-${process.pid}`);
    mkdirSync(group, { recursive: true });
    try {
      writeFileSync(join(group, 'cpu.cfs_period_us'), '100000');
      writeFileSync(join(group, 'cpu.cfs_quota_us'), '5000');
      writeFileSync(join(group, 'cgroup.procs'), String(server.pid));
      await sleep(STARVED_MS);
    } finally {
      writeFileSync(join(CPU_V1, 'cgroup.procs'), String(server.pid));
      // A group goes when its last task has left.
      await until('the group is empty', 2_000, () => {
        rmdirSync(group);
        return true;
      });
    }
    return performance.now();
  },
};

const FAKETIME_PLACES = [
  '/usr/lib/x86_64-linux-gnu/faketime',
  '/usr/lib/aarch64-linux-gnu/faketime',
  '/usr/lib/faketime',
  '/usr/lib64/faketime',
];
const fakeTimeLibrary = (): string | undefined => {
  for (const place of FAKETIME_PLACES) {
    const name = existsSync(place) ? readdirSync(place).find((file) => file.startsWith('libfaketimeMT.so')) : undefined;
    if (name) return join(place, name);
  }
  return undefined;
};
/** One hour ahead, one hour back, then right again, then a leap of ten minutes back. Seconds. */
const SKEWS = [3_600, -3_600, 0, -600];
const SKEWED_MS = 5_000;

/** How many seconds the server believes to be ahead. */
async function clockSkew(url: string): Promise<number> {
  const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5_000) });
  await response.body?.cancel();
  return (Date.parse(response.headers.get('date') ?? '') - Date.now()) / 1_000;
}

const wrongClock: Fault = {
  code: 'F29',
  name: 'F29',
  title: "the server's clock steps by an hour both ways and leaps back ten minutes",
  answersInTime: false,
  isQuick: false,
  whyNot: () => (fakeTimeLibrary() ? undefined : 'needs libfaketime (Debian: faketime)'),
  async play(stage) {
    const { server, directory } = stage;
    const file = join(directory, 'clock');
    // The library rereads a file whose time has changed; two writes within one tick would look like one.
    let writes = 0;
    const set = (seconds: number): void => {
      writes += 1;
      writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
      utimesSync(file, new Date(), new Date(Date.now() + writes * 1_000));
    };
    set(0);
    await server.stop();
    // PostgreSQL is started with a clean environment and keeps the true time. The monotonic clock is nobody's to change.
    const clock = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    await startOver(stage, { env: { LD_PRELOAD: fakeTimeLibrary() ?? '', ...clock } });
    await stage.untilWhole(HEALED_WITHIN_MS);
    for (const skew of stage.random.shuffled(SKEWS)) {
      set(skew);
      await until(`the server's clock is off by ${skew} s`, 5_000, async () => Math.abs((await clockSkew(server.url)) - skew) < 5);
      await stage.flows(10_000);
      await sleep(SKEWED_MS);
    }
    await server.stop();
    const at = performance.now();
    await startOver(stage);
    return at;
  },
};

const FILES = 256;
const STRANGERS = 400;

const filesUsedUp: Fault = {
  code: 'F37',
  name: 'F37',
  title: `the server may open ${FILES} files and ${STRANGERS} strangers connect: no crash, and whole again when they go`,
  answersInTime: false,
  isQuick: false,
  whyNot: () => (spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'needs prlimit (util-linux)'),
  async play(stage) {
    const { server } = stage;
    await server.stop();
    await startOver(stage, { wrapper: ['prlimit', `--nofile=${FILES}:${FILES}`] });
    await stage.untilWhole(HEALED_WITHIN_MS);
    const strangers: Socket[] = [];
    try {
      for (let count = 0; count < STRANGERS; count += 1) strangers.push(connect(server.port, '127.0.0.1').on('error', () => undefined));
      await sleep(6_000);
      must(server.isRunning, 'the server ended');
    } finally {
      for (const stranger of strangers) stranger.destroy();
    }
    await stage.untilWhole(HEALED_WITHIN_MS);
    must((await readiness(server.url)) === 200, 'not ready although the strangers are gone');
    await server.stop();
    const at = performance.now();
    await startOver(stage);
    return at;
  },
};

/** What can happen to the server's own process. */
export const serverFaults: readonly Fault[] = [
  betweenCommitAndAck,
  killed('F7-server', 'the server is killed, PostgreSQL orphaned: the next start copes, and there are never two', false),
  killed('F7-both', 'server and PostgreSQL are killed at once: the next start copes with what they left', true),
  stalled('F26', 3_000, true),
  stalled('F26-long', 20_000, false),
  starved,
  wrongClock,
  filesUsedUp,
];
