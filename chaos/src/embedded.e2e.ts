import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACK_TIMEOUT_MS, ChatUser } from './chat-user.js';
import { check, explain } from './checker.js';
import {
  clientBackend,
  freeze,
  isAlive,
  killTree,
  livePostmasters,
  postmasterPid,
  readiness,
  signal,
  thaw,
  until,
  untilReady,
} from './faults.js';
import { ParleyProcess, whyNoServer } from './parley-process.js';
import { Recorder } from './recorder.js';
import { TenantApi } from './tenant-api.js';

const ROOMS = ['chaos-a', 'chaos-b', 'chaos-c'];
const USERS = Array.from({ length: 10 }, (_, index) => `chaos-u${index}`);
const BANNED = { userId: 'chaos-u9', roomId: 'chaos-a' };
const LOOPS = 2;
/** "Within 5 s" (G21), and what a busy machine adds on the way. */
const REFUSED_WITHIN_MS = 5_600;
const FROZEN_MS = 10_000;
const HEALED_WITHIN_MS = 20_000;
/** Sends that must succeed before a fault counts as survived. */
const FLOW = 30;
const roomsOf = (index: number): readonly string[] =>
  ROOMS.filter((_, room) => room === index % ROOMS.length || room === (index + 1) % ROOMS.length);

const missing = whyNoServer();
if (missing !== undefined) console.error(`chaos: the faults of the embedded profile were NOT tried: ${missing}`);

/** One server, one history: each fault is injected under load, the last test judges the whole run. */
describe.skipIf(missing !== undefined)('the embedded profile under faults', () => {
  const historyFile = join(tmpdir(), `parley-chaos-${process.pid}.ndjson`);
  let directory: string;
  let recorder: Recorder;
  const users: ChatUser[] = [];
  let server: ParleyProcess;
  let api: TenantApi;
  let isClean = false;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
    recorder = new Recorder(historyFile);
    chmodSync(directory, 0o755);
    mkdirSync(join(directory, 'data'), { mode: 0o755 });
    server = await ParleyProcess.on(join(directory, 'data'));
    await server.start();
    api = new TenantApi(server.url, server.apiKey);
    for (const roomId of ROOMS)
      await api.createRoom(
        roomId,
        USERS.filter((_, index) => roomsOf(index).includes(roomId)),
      );
    for (const [index, userId] of USERS.entries()) {
      const token = await api.token(userId);
      users.push(
        new ChatUser({
          url: server.url,
          token,
          userId,
          rooms: roomsOf(index),
          recorder,
          ...(index % 2 === 0 ? { transports: ['websocket'] } : {}),
        }),
      );
    }
    await until('everybody is connected', 10_000, () => users.every(({ isConnected }) => isConnected));
    for (const user of users) user.startSending(LOOPS);
    await flows(10_000);
  });

  afterAll(async () => {
    for (const user of users) user.close();
    const postmaster = postmasterPid(server.dataDirectory);
    if (postmaster !== undefined && isOurs(postmaster)) thaw(postmaster);
    await server.stop().catch(() => server.killAll());
    for (const pid of livePostmasters(server.dataDirectory)) killTree(pid);
    await recorder.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    if (isClean) rmSync(historyFile, { force: true });
    else console.error(`chaos: the history is in ${historyFile}; the server's last words:\n${server.lastOutput.slice(-3_000)}`);
  });

  const acknowledged = (): number =>
    users.reduce((sum, { outcomes }) => sum + outcomes.filter(({ result }) => result === 'ok' || result === 'deduplicated').length, 0);
  const isOurs = (pid: number): boolean => livePostmasters(server.dataDirectory).includes(pid);

  async function flows(withinMs: number): Promise<void> {
    const before = acknowledged();
    await until(`${FLOW} more sends are acknowledged`, withinMs, () => acknowledged() >= before + FLOW);
  }

  /** Another postmaster than before serves, and only that one. */
  async function untilRestarted(before: number): Promise<void> {
    await until('PostgreSQL runs again', HEALED_WITHIN_MS, () => server.postmaster !== before && isAlive(server.postmaster));
    await untilReady(server.url, HEALED_WITHIN_MS);
    await until('one postmaster', HEALED_WITHIN_MS, () => livePostmasters(server.dataDirectory).join() === String(server.postmaster));
    await flows(HEALED_WITHIN_MS);
  }

  const fault = (name: string, inject: () => Promise<void>): void =>
    it(name, async () => {
      recorder.record({ kind: 'fault', name });
      await inject();
    });

  fault('F4 PostgreSQL is killed, postmaster and children: it is started again', async () => {
    const before = server.postmaster;
    killTree(before);
    await untilRestarted(before);
  });

  fault('F5 one backend is killed: the pool heals within 5 s', async () => {
    const before = server.postmaster;
    const backend = clientBackend(before);
    expect(backend).toBeDefined();
    signal(backend === undefined ? [] : [backend], 'SIGKILL');
    const from = performance.now();
    await flows(8_000);
    expect(server.postmaster).toBe(before);
    await untilReady(server.url, 5_000);
    expect(performance.now() - from).toBeLessThan(8_000);
  });

  fault('F8 PostgreSQL shuts down fast: it is started again', async () => {
    const before = server.postmaster;
    signal([before], 'SIGINT');
    await untilRestarted(before);
  });

  fault('F8 PostgreSQL shuts down immediately: it is started again', async () => {
    const before = server.postmaster;
    signal([before], 'SIGQUIT');
    await untilRestarted(before);
  });

  fault('G11 a member is banned under load', async () => {
    recorder.record({ kind: 'ban-inv', ...BANNED });
    const answer = await api.ban(BANNED.roomId, BANNED.userId);
    expect(answer).toMatchObject({ status: 201 });
    recorder.record({ kind: 'ban-ok', ...BANNED });
    users.find(({ userId }) => userId === BANNED.userId)?.leave(BANNED.roomId);
    await flows(5_000);
  });

  fault('F9 PostgreSQL is stopped for 10 s: errors within 5 s, not ready, no hang, heals', async () => {
    const { postmaster } = server;
    freeze(postmaster);
    const from = performance.now();
    try {
      await until('/readyz says 503', 7_000, async () => (await readiness(server.url, REFUSED_WITHIN_MS)) === 503);
      const asked = await api.ask('GET', `/v1/rooms/${ROOMS[0]}`);
      expect(asked).toMatchObject({ status: 503 });
      expect(asked.tookMs).toBeLessThan(REFUSED_WITHIN_MS);
      expect(Number(asked.retryAfter)).toBeGreaterThan(0);
      await sleep(Math.max(0, FROZEN_MS - (performance.now() - from)));
    } finally {
      thaw(postmaster);
    }
    const thawed = performance.now();
    await untilReady(server.url, HEALED_WITHIN_MS);
    await flows(HEALED_WITHIN_MS);
    await until('what was asked meanwhile is answered', ACK_TIMEOUT_MS + 1_000, () =>
      users.every(({ oldestPending }) => oldestPending >= thawed),
    );
    const during = users.flatMap(({ outcomes }) => outcomes).filter(({ startedAt }) => startedAt >= from && startedAt < thawed);
    expect(during.length).toBeGreaterThan(0);
    expect(during.filter(({ tookMs }) => tookMs > REFUSED_WITHIN_MS)).toEqual([]);
    expect(during.filter(({ code }) => code === 'no-answer')).toEqual([]);
    expect(server.isRunning).toBe(true);
  });

  fault('F7 the server is killed, PostgreSQL orphaned: the next start copes, and there are never two', async () => {
    await server.kill();
    await startOver();
  });

  fault('F7 server and PostgreSQL are killed at once: the next start copes with what they left', async () => {
    await server.killAll();
    expect(existsSync(join(server.dataDirectory, 'postgres/postmaster.pid'))).toBe(true);
    await startOver();
  });

  fault('F2 the server dies between commit and ack: the retries find what was committed', async () => {
    const repeats = (): number => users.flatMap(({ outcomes }) => outcomes).filter(({ result }) => result === 'deduplicated').length;
    await server.stop();
    const before = repeats();
    // It may die before it was seen to be ready.
    await server.start({ PARLEY_FAILPOINT: 'after_commit:40' }).catch((error: unknown) => {
      if (server.isRunning) throw error;
    });
    await server.untilExit(30_000);
    await startOver();
    // Whoever was caught between commit and ack may come back later than the others.
    await until('a repeat finds what was committed', HEALED_WITHIN_MS, () => repeats() > before);
  });

  it('lost nothing, doubled nothing, reordered nothing: everybody ends where the rooms ended', async () => {
    await Promise.all(users.map((user) => user.finishSending()));
    expect(users.flatMap(({ refusals }) => refusals)).toEqual([]);
    expect(users.flatMap(({ resets }) => resets)).toEqual([]);
    const heads = new Map(await Promise.all(ROOMS.map(async (roomId) => [roomId, await api.head(roomId)] as const)));
    const isCurrent = (user: ChatUser): boolean => [...user.followed].every(([roomId, { pts }]) => pts === heads.get(roomId));
    // Without doing anything: the beacon tells within 5 s (G6).
    await until('everybody is current', 15_000, () => users.every(isCurrent)).catch(() => undefined);
    for (const user of users) user.recordFinal();
    const history = recorder.history();
    const findings = check(history, await Promise.all(ROOMS.map((roomId) => api.truth(roomId))));
    expect(findings, explain(findings)).toEqual([]);
    expect(history.filter(({ kind }) => kind === 'final')).toHaveLength(USERS.length * 2 - 1);
    isClean = true;
  });

  /** Starts again on the same data and watches that no second postmaster ever takes the data directory. */
  async function startOver(): Promise<void> {
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, livePostmasters(server.dataDirectory).length)), 50);
    try {
      await server.start();
      await flows(HEALED_WITHIN_MS);
    } finally {
      clearInterval(watch);
    }
    expect(most).toBe(1);
    expect(livePostmasters(server.dataDirectory)).toEqual([server.postmaster]);
  }
});
