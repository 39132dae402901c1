import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settledHeapMB } from '../testing/heap.js';
import { aScene, type Scene } from '../testing/scene.js';
import { Seeded } from '../testing/seeded.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';
import { wildPolling, wildWebSocket } from '../testing/wild-clients.js';

/** `PARLEY_TEST_FUZZ_SECONDS=600` for longer; `PARLEY_TEST_FUZZ_SEED=<what was printed>` for the same packets again. */
const { env } = import.meta as unknown as { readonly env: Readonly<Record<string, string | undefined>> };
const { PARLEY_TEST_FUZZ_SECONDS = '30', PARLEY_TEST_FUZZ_SEED } = env;
const SECONDS = Number(PARLEY_TEST_FUZZ_SECONDS);
const SEED = Number(PARLEY_TEST_FUZZ_SEED ?? randomInt(2 ** 32));
const CLIENTS_AT_ONCE = 8;
/** Measured: -2 to 2. Some packets are messages, and they stay. */
const GROWTH_MB = 10;

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory({ tenantDefaults: { socketsPerUser: 1_000 } });
  scene = await aScene(server);
});
afterAll(async () => {
  await server.close();
});

const clients = (): number => server.sockets.engine.clientsCount;
const connections = (): Promise<number> =>
  new Promise((done, fail) => {
    const http = server.running.app.getHttpServer() as {
      getConnections(told: (error: Error | null, count: number) => void): void;
    };
    http.getConnections((error, count) => (error ? fail(error) : done(count)));
  });
/** Sockets and timers of this process, both sides together. */
const handles = (): number => process.getActiveResourcesInfo().filter((name) => !/Immediate|Timeout/.test(name)).length;

it(
  `case 90: survives ${SECONDS} s of wild packets and serves everybody else`,
  async () => {
    process.stdout.write(`fuzz seed ${SEED}: PARLEY_TEST_FUZZ_SEED=${SEED} tries the same packets again\n`);
    const tokens = [scene.member, scene.owner, scene.stranger, scene.member, 'a.b.c'];
    const bo = await SocketUser.enter(server.url, scene.foreigner);
    const waits: number[] = [];
    let isOver = false;
    const goodUser = (async () => {
      while (!isOver) {
        const asked = performance.now();
        expect((await bo.ask('room.get', { roomId: 'zoo' })).ok).toBe(true);
        waits.push(performance.now() - asked);
        await new Promise((done) => setTimeout(done, 20));
      }
    })();
    let [rounds, packets] = [0, 0];
    const randoms = Array.from({ length: CLIENTS_AT_ONCE }, (_, client) => new Seeded(SEED + client));
    const everybody = (part: number, isPolite: boolean): Promise<unknown> => {
      const end = performance.now() + SECONDS * 1_000 * part;
      return Promise.all(
        randoms.map(async (random) => {
          for (; performance.now() < end; rounds += 1) {
            const one = random.below(5) === 0 ? wildPolling : wildWebSocket;
            const said = await one({ url: server.url, token: random.pick(tokens), random, isPolite });
            packets += said;
          }
        }),
      );
    };
    // What is compiled, cached and pooled once is not growth.
    await everybody(0.2, true);
    await settled();
    const [heap, open] = [settledHeapMB(), handles()];
    // A session that polled and was left lying ends by the ping it does not answer, after 18 s.
    await everybody(0.3, false);
    await everybody(0.5, true);
    await settled();
    isOver = true;
    await goodUser;
    const growth = settledHeapMB() - heap;
    process.stdout.write(
      `fuzz: ${rounds} clients, ${packets} packets, ${waits.length} answers to the good user, ${growth.toFixed(1)} MB more\n`,
    );
    expect(server.bugs).toEqual([]);
    expect(packets).toBeGreaterThan(SECONDS * 100);
    expect(bo.closed).toBeUndefined();
    waits.sort((a, b) => a - b);
    expect(waits.length).toBeGreaterThan(SECONDS * 3);
    expect(waits[Math.floor(waits.length * 0.99)]).toBeLessThan(2_000);
    expect(handles() - open).toBeLessThanOrEqual(5);
    expect(growth).toBeLessThan(GROWTH_MB + SECONDS / 10);
    expect(bo.all('message.created')).toEqual([]);
    bo.leave();
  },
  (SECONDS + 60) * 1_000,
);

/** Everybody but the good user is gone, and so are their connections. */
async function settled(): Promise<void> {
  await until('one session is left', () => clients() === 1, 30_000);
  await until('one connection is left', async () => (await connections()) === 1, 30_000);
}
