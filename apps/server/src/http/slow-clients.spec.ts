import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { RawHttp } from '../testing/raw-http.js';
import { RawSocket } from '../testing/raw-socket.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { until } from '../testing/until.js';

/** A twelfth of the defaults, which `wiring/limits.spec.ts` holds to 30 s. */
const TIMES = { headersTimeoutMs: 800, requestTimeoutMs: 2_000, responseTimeoutMs: 2_000, keepAliveTimeoutMs: 1_500 };
/** Node and we look once a second; the rest is for a loaded machine. */
const LATE_MS = 10_000;
const ATTACKERS = 40;

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory({ connections: TIMES });
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const HEAD = 'POST /v1/rooms/crew/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

/** What slow ones do: at first, and again and again. */
interface Slowness {
  readonly first: string;
  readonly drip?: string;
  readonly status?: number;
  readonly limitMs: number;
}
const SLOW: Readonly<Record<string, Slowness>> = {
  'says nothing': { first: '', status: 408, limitMs: TIMES.headersTimeoutMs },
  'sends a header letter by letter': { first: 'GET /v1/me HTTP/1.1\r\nX-A: ', drip: 'a', status: 408, limitMs: TIMES.headersTimeoutMs },
  'sends header after header': { first: 'GET /v1/me HTTP/1.1\r\n', drip: 'X-A: b\r\n', status: 408, limitMs: TIMES.headersTimeoutMs },
  'sends a body letter by letter': { first: `${HEAD}Content-Length: 10000\r\n\r\n{`, drip: ' ', limitMs: TIMES.requestTimeoutMs },
  'sends chunk after chunk': { first: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, drip: '1\r\n \r\n', limitMs: TIMES.requestTimeoutMs },
  'sends a poll’s post letter by letter': {
    first: 'POST /socket.io/?EIO=4&transport=polling&sid=SID HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n4',
    drip: '0',
    limitMs: TIMES.requestTimeoutMs,
  },
};

describe('case 100: a slow client', () => {
  it.concurrent.each(Object.entries(SLOW))(
    'that %s is closed in time, and others are served',
    async (_, { first, drip, status, limitMs }) => {
      const opened = await ask(server.url, 'GET', '/socket.io/?EIO=4&transport=polling');
      const { sid } = JSON.parse(opened.text.slice(1)) as { sid: string };
      const slow = await Promise.all(Array.from({ length: ATTACKERS }, () => RawHttp.open(server.url)));
      for (const raw of slow) raw.say(first.replace('SID', sid));
      const timer = setInterval(() => {
        if (drip !== undefined) for (const raw of slow) raw.say(drip);
      }, 100);
      const served: number[] = [];
      await until(
        'all are closed',
        async () => {
          served.push((await ask(server.url, 'GET', '/v1/me', { token: scene.owner })).status);
          return slow.every(({ livedMs }) => livedMs !== undefined);
        },
        limitMs + LATE_MS * 3,
      ).finally(() => clearInterval(timer));
      expect(served.filter((one) => one === 200).length / served.length).toBeGreaterThanOrEqual(0.99);
      for (const { livedMs = Number.POSITIVE_INFINITY, statuses } of slow) {
        expect(livedMs).toBeLessThan(limitMs + LATE_MS);
        if (status !== undefined) expect(statuses).toEqual([status]);
      }
    },
  );

  it.concurrent('that does not read is closed in time, and its answers are not kept', async () => {
    const slow = await Promise.all(Array.from({ length: 3 }, () => RawHttp.open(server.url)));
    const from = performance.now();
    for (const { tcp } of slow) tcp.pause().write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200));
    // A paused socket does not see its end: the other side does.
    const ports = new Set(slow.map(({ tcp }) => tcp.localPort));
    const theirs = await until('all are accepted', () => {
      const found = accepted.filter(({ port }) => ports.has(port)).map(({ socket }) => socket);
      return found.length === slow.length && found;
    });
    await until('answers that lie here', () => theirs.some(({ writableLength }) => writableLength > 0), 20_000);
    await until('all are closed', () => theirs.every(({ destroyed }) => destroyed), TIMES.responseTimeoutMs + LATE_MS * 2);
    expect(performance.now() - from).toBeGreaterThan(TIMES.responseTimeoutMs);
    for (const raw of slow) raw.leave();
    expect((await ask(server.url, 'GET', '/livez')).status).toBe(200);
  });

  it.concurrent('that was answered and keeps the line is closed in time, however slowly it reads', async () => {
    const raw = await RawHttp.open(server.url);
    raw.say('GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n');
    await raw.end(TIMES.keepAliveTimeoutMs + LATE_MS);
    expect(raw.statuses).toEqual([401]);
    expect(raw.livedMs).toBeGreaterThan(TIMES.keepAliveTimeoutMs - 100);
  });

  it.concurrent('that has nothing to say for long is not a slow one: sockets and polls stay', async () => {
    const socket = await RawSocket.enter(server.url, scene.owner);
    const opened = await ask(server.url, 'GET', '/socket.io/?EIO=4&transport=polling');
    const at = `/socket.io/?EIO=4&transport=polling&sid=${(JSON.parse(opened.text.slice(1)) as { sid: string }).sid}`;
    await ask(server.url, 'POST', at, {
      raw: `40/chat,${JSON.stringify({ token: scene.member })}`,
      headers: { 'content-type': 'text/plain' },
    });
    await until('session.ready', async () => (await ask(server.url, 'GET', at)).text.includes('session.ready'));
    let [longest, text] = [0, ''];
    // Until the ping that engine.io sends every ten seconds; a beacon may come before.
    while (text !== '2') {
      const asked = performance.now();
      const answer = await ask(server.url, 'GET', at);
      expect(answer.status).toBe(200);
      ({ text } = answer);
      longest = Math.max(longest, performance.now() - asked);
    }
    expect(longest).toBeGreaterThan(TIMES.requestTimeoutMs + TIMES.responseTimeoutMs);
    expect(socket.closed).toBeUndefined();
    socket.send('42/chat,1["room.get",{"roomId":"crew"}]');
    expect(await socket.see((packet) => packet.startsWith('43/chat,1'))).toContain('"ok":true');
    socket.leave();
  });
});

/** The server's side of every connection so far. */
const accepted: { readonly port: number | undefined; readonly socket: Socket }[] = [];
beforeAll(() => {
  (server.running.app.getHttpServer() as Server).on('connection', (socket) => accepted.push({ port: socket.remotePort, socket }));
});
