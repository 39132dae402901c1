import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './checks/checker.ts';
import type { Finding } from './checks/findings.ts';
import type { HistoryEvent, Reader, RoomTruth } from './checks/history.ts';
import { Recorder } from './checks/recorder.ts';
import type { Fault } from './faults/fault.ts';
import { Proxy } from './faults/proxy.ts';
import { heardAllTheSame } from './checks/mute.ts';
import type { Outcome } from './load/speaker.ts';
import { Population, type Size } from './load/population.ts';
import { readersOf } from './load/readers.ts';
import { Traffic } from './load/traffic.ts';
import type { Random } from './random.ts';
import { ParleyCluster } from './server/parley-cluster.ts';
import { ParleyProcess, type ProcessOptions } from './server/parley-process.ts';
import type { Target } from './server/target.ts';
import { clientBackends, killTree, livePostmasters, thaw, until, untilReady, usageOf } from './server/processes.ts';

/** Sends that must succeed before a fault counts as survived. */
const FLOW = 30;
const SAMPLE_MS = 5_000;
/** Everybody is current within this, without doing anything: the beacon tells within 5 s (G6); the rest is for a busy machine. */
const CURRENT_MS = 15_000;
/** What was begun has its definite answer by then. */
const QUIET_MS = 40_000;
const IDLE_MS = 10_000;

const MODERATE_MS = 2_500;

export interface StageOptions {
  readonly random: Random;
  readonly size: Size;
  readonly sendsPerSecond: number;
  readonly moderateMs?: number;
  readonly process?: ProcessOptions;
  /** Where the server keeps its data; a folder of the stage's own when absent. */
  readonly dataDirectory?: string;
  /** Default: one server with its own PostgreSQL. */
  readonly topology?: 'embedded' | 'cluster';
  /** How long everybody may take to be current at the end. */
  readonly currentMs?: number;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  readonly history: readonly HistoryEvent[];
  readonly truth: readonly RoomTruth[];
  readonly troubles: readonly string[];
  /** Sends that waited too long on a connection that F22 had left mute. */
  readonly excused: number;
}

export interface Strike {
  readonly fault: Fault;
  readonly from: number;
  /** Infinity: under way. */
  to: number;
}

/** One server, one load, one history: what faults are played on. */
export class Stage {
  readonly directory: string;
  readonly recorder: Recorder;
  readonly server: Target;
  readonly proxy: Proxy;
  readonly population: Population;
  readonly traffic: Traffic;
  readonly random: Random;
  /** What is played and what was, by this process's clock. */
  readonly strikes: Strike[] = [];
  /** When sockets were destroyed under both sides (F22). */
  readonly blows: number[] = [];
  /** Sends that waited too long on such a connection. */
  readonly excused = new Set<Outcome>();
  private readonly currentMs: number;
  private readonly sampling: NodeJS.Timeout;

  private constructor(
    parts: Pick<Stage, 'directory' | 'recorder' | 'server' | 'proxy' | 'population' | 'traffic' | 'random'>,
    currentMs: number,
  ) {
    this.currentMs = currentMs;
    this.directory = parts.directory;
    this.recorder = parts.recorder;
    this.server = parts.server;
    this.proxy = parts.proxy;
    this.population = parts.population;
    this.traffic = parts.traffic;
    this.random = parts.random;
    this.sampling = setInterval(() => this.sample('load'), SAMPLE_MS);
  }

  static async open({
    random,
    size,
    sendsPerSecond,
    moderateMs = MODERATE_MS,
    process: options = {},
    dataDirectory,
    topology = 'embedded',
    currentMs = CURRENT_MS,
  }: StageOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
    const data = dataDirectory ?? join(directory, 'data');
    // PostgreSQL runs as nobody when we are root, and passes through here.
    for (const path of [directory, data]) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
    }
    const recorder = new Recorder(join(directory, 'history.ndjson'));
    const server =
      topology === 'cluster' ? await ParleyCluster.in(data, random.fork('cluster'), options) : await ParleyProcess.on(data, options);
    const proxy = await Proxy.to(server.port, random.fork('proxy'));
    try {
      await server.start();
      const where = { url: server.url, proxyUrl: proxy.url, operatorToken: server.operatorToken };
      const population = await Population.settle(where, size, recorder, random.fork('population'));
      server.onOutput = (text) => population.canaries.look(undefined, text, "the server's log");
      const traffic = new Traffic(population, recorder, random.fork('traffic'), { sendsPerSecond, moderateMs });
      const stage = new Stage({ directory, recorder, server, proxy, population, traffic, random }, currentMs);
      stage.sample('idle');
      traffic.start();
      await stage.flows(15_000);
      return stage;
    } catch (error) {
      await server.killAll().catch(() => undefined);
      await proxy.close();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Sends are acknowledged again. */
  async flows(withinMs: number): Promise<void> {
    const before = this.population.acknowledged;
    await until(`${FLOW} more sends are acknowledged`, withinMs, () => this.population.acknowledged >= before + FLOW);
  }

  /** Ready, one postmaster, everybody back, sends flow. */
  async untilWhole(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    const left = (): number => Math.max(1_000, end - performance.now());
    for (const url of this.server.urls) await untilReady(url, left());
    await this.flows(left());
    await this.population.untilConnected(left());
  }

  /** Was one of these faults under way at some time since then? */
  wasBeside(faults: readonly Fault[], since: number): boolean {
    return this.strikes.some(({ fault, to }) => to > since && faults.includes(fault));
  }

  sample(phase: 'load' | 'idle'): void {
    const usage = this.server.isRunning ? usageOf(this.server.pid) : undefined;
    if (!usage) return;
    const [postmaster] = livePostmasters(this.server.dataDirectory);
    const backends = postmaster === undefined ? 0 : clientBackends(postmaster).length;
    this.recorder.record({ kind: 'sample', life: this.server.lives, ...usage, backends, servers: this.server.pools, phase });
  }

  /** Stops the load, waits until all is quiet, and judges everything that happened here. */
  async judge(): Promise<Judgement> {
    const { population, recorder, traffic } = this;
    await traffic.stop(QUIET_MS).catch((error: unknown) => population.troubles.push(String(error)));
    await this.untilCurrent().catch((error: unknown) => population.troubles.push(String(error)));
    for (const { user } of population.people) user.places.recordFinal();
    population.troubles.push(...this.whoFollowsWrongly());
    population.troubles.push(
      ...population.all.flatMap(({ client, resets }) => resets.map((roomId) => `${client} was sent back to the start of ${roomId}`)),
    );
    population.close();
    const truth = await this.truth().catch((error: unknown) => {
      population.troubles.push(`what is stored could not be read: ${String(error)}`);
      return undefined;
    });
    // Without the truth nothing can be judged but what stands in the history itself; the trouble says so.
    await this.scanMetrics();
    await until('connections are closed', IDLE_MS, async () => (await this.connections()) === 0).catch(() => undefined);
    this.sample('idle');
    const history = recorder.history();
    population.troubles.push(...heardAllTheSame([...this.excused], this.blows, history));
    return {
      findings: truth ? check(history, truth) : [],
      history,
      truth: truth ?? [],
      troubles: population.troubles,
      excused: this.excused.size,
    };
  }

  private async untilCurrent(): Promise<void> {
    const { people, apis, roomIds } = this.population;
    const heads = new Map<string, number>();
    for (const api of apis) for (const roomId of roomIds) heads.set(`${api.tenantId}/${roomId}`, await api.head(roomId));
    // Who was let in by the last commit may have to be told by the sweep, as of any other last event.
    await until('everybody is current', this.currentMs, () => {
      const areCurrent = people.every(({ user, api }) =>
        user.places.all.every(({ roomId, pts, isOut }) => isOut || pts === heads.get(`${api.tenantId}/${roomId}`)),
      );
      return areCurrent && this.whoFollowsWrongly().length === 0;
    });
  }

  /** Whoever is a member follows the room, and nobody else does. */
  private whoFollowsWrongly(): readonly string[] {
    return this.population.people.flatMap(({ user, rooms }) => {
      const followed = new Set(user.places.all.filter(({ isOut }) => !isOut).map(({ roomId }) => roomId));
      const missed = [...rooms].filter(([roomId, state]) => state === 'in' && !followed.has(roomId));
      return missed.map(([roomId]) => `${user.client} is a member of ${roomId} and does not follow it`);
    });
  }

  private async truth(): Promise<readonly RoomTruth[]> {
    const { apis, roomIds, people } = this.population;
    const readers = new Map<string, Reader[]>();
    for (const person of people)
      for (const [roomId, reader] of await readersOf(person)) readers.set(roomId, [...(readers.get(roomId) ?? []), reader]);
    const truth: RoomTruth[] = [];
    for (const api of apis)
      for (const roomId of roomIds) {
        const room = await api.truth(roomId);
        truth.push({ ...room, readers: readers.get(room.roomId) ?? [] });
      }
    return truth;
  }

  /** No tenant's content may be in the figures, whoever may read them. */
  private async scanMetrics(): Promise<void> {
    for (const url of this.server.urls) {
      const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
      if (response) this.population.canaries.look(undefined, await response.text(), '/metrics');
    }
  }

  /** Open connections of users, as the server counts them. */
  async connections(): Promise<number> {
    let sum = 0;
    for (const url of this.server.urls) {
      const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
      const counts = (await response.text()).matchAll(/^parley_connections(?:\{[^}]*\})? (\d+)/gm);
      for (const [, count] of counts) sum += Number(count);
    }
    return sum;
  }

  async close(keepsFiles = false): Promise<void> {
    clearInterval(this.sampling);
    await this.traffic.stop(1_000).catch(() => undefined);
    this.population.close();
    for (const pid of livePostmasters(this.server.dataDirectory)) thaw(pid);
    await this.server.stop().catch(() => this.server.killAll());
    for (const pid of livePostmasters(this.server.dataDirectory)) killTree(pid);
    await this.proxy.close();
    await this.recorder.close();
    if (!keepsFiles) rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
