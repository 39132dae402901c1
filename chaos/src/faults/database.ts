import { setTimeout as sleep } from 'node:timers/promises';
import { clientBackends, freeze, isAlive, killTree, livePostmasters, readiness, signal, thaw, until } from '../server/processes.ts';
import type { Stage } from '../stage.ts';
import { HEALED_WITHIN_MS, must, possible, REFUSED_WITHIN_MS, type Fault } from './fault.ts';

/** Another postmaster than before serves, and only that one. */
async function untilRestarted({ server }: Stage, before: number): Promise<void> {
  await until('PostgreSQL runs again', HEALED_WITHIN_MS, () => server.postmaster !== before && isAlive(server.postmaster));
  await until('one postmaster', HEALED_WITHIN_MS, () => livePostmasters(server.dataDirectory).join() === String(server.postmaster));
}

const struck = (name: string, title: string, strike: (postmaster: number) => void): Fault => ({
  code: name.split('-')[0] ?? name,
  name,
  title,
  answersInTime: true,
  isQuick: true,
  whyNot: possible,
  async play(stage) {
    const before = stage.server.postmaster;
    strike(before);
    const at = performance.now();
    await untilRestarted(stage, before);
    return at;
  },
});

const backendKilled: Fault = {
  code: 'F5',
  name: 'F5',
  title: 'one backend is killed: the pool heals within 5 s',
  answersInTime: true,
  isQuick: true,
  whyNot: possible,
  async play({ server, random }) {
    const { postmaster } = server;
    const backend = random.pick(clientBackends(postmaster));
    must(backend !== undefined, 'PostgreSQL has no connections');
    signal(backend === undefined ? [] : [backend], 'SIGKILL');
    const at = performance.now();
    await sleep(500);
    must(server.postmaster === postmaster, 'the postmaster was replaced too');
    return at;
  },
};

const stopped = (name: string, heldMs: number, isQuick: boolean): Fault => ({
  code: 'F9',
  name,
  title: `PostgreSQL is stopped for ${heldMs / 1_000} s: errors within 5 s, not ready, no hang, heals`,
  answersInTime: true,
  isQuick,
  whyNot: possible,
  async play({ server, population }) {
    const { postmaster } = server;
    freeze(postmaster);
    const from = performance.now();
    try {
      await until('/readyz says 503', REFUSED_WITHIN_MS + 1_000, async () => (await readiness(server.url, REFUSED_WITHIN_MS)) === 503);
      const asked = await population.apis[0]?.ask('GET', `/v1/rooms/${population.roomIds[0]}`);
      must(asked?.status === 503, `a request was answered ${asked?.status} instead of 503`);
      must(Number(asked?.retryAfter) > 0, 'a 503 without Retry-After');
      must((asked?.tookMs ?? 0) < REFUSED_WITHIN_MS, `a request was refused only after ${asked?.tookMs} ms`);
      await sleep(Math.max(0, heldMs - (performance.now() - from)));
    } finally {
      thaw(postmaster);
    }
    return performance.now();
  },
});

/** What can happen to PostgreSQL under the server's feet. */
export const databaseFaults: readonly Fault[] = [
  struck('F4', 'PostgreSQL is killed, postmaster and children: it is started again', killTree),
  backendKilled,
  struck('F8-fast', 'PostgreSQL shuts down fast: it is started again', (pid) => signal([pid], 'SIGINT')),
  struck('F8-immediate', 'PostgreSQL shuts down immediately: it is started again', (pid) => signal([pid], 'SIGQUIT')),
  stopped('F9', 10_000, true),
  stopped('F9-long', 60_000, false),
];
