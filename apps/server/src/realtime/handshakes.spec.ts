import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { RawSocket } from '../testing/raw-socket.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import type { TestServerOptions } from '../testing/test-server.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
async function open(options: TestServerOptions): Promise<void> {
  server = await serverOnMemory({ trustedProxies: ['127.0.0.1'], ...options });
  scene = await aScene(server);
}
let users: SocketUser[];
beforeEach(() => {
  users = [];
});
afterEach(async () => {
  for (const user of users) user.leave();
  expect(server.bugs).toEqual([]);
  await server.close();
});

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';
const count = (): number => server.sockets.engine.clientsCount;

/** So many handshakes by polling, on one TCP connection, without waiting for answers; what each was answered. */
async function handshakes(many: number, addressOf: (index: number) => string): Promise<readonly number[]> {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  for (let index = 0; index < many; index += 1)
    socket.write(`GET ${HANDSHAKE} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${addressOf(index)}\r\n\r\n`);
  const statuses = (): readonly number[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  const closed = new Promise<void>((done) => socket.on('close', () => done()));
  await until('all answers', () => statuses().length >= many || socket.destroyed, 30_000);
  socket.destroy();
  await closed;
  return statuses();
}

describe('case 95: who shakes hands and says no more', () => {
  it('is closed after ten seconds, ten thousand of them too, and everybody else is served meanwhile', async () => {
    await open({});
    const lives: number[] = [];
    server.sockets.engine.on('connection', (socket: { once(event: 'close', listener: () => void): void }) => {
      const born = performance.now();
      socket.once('close', () => lives.push(performance.now() - born));
    });
    const ann = await SocketUser.enter(server.url, scene.owner, { headers: { 'x-forwarded-for': '203.0.113.1' } });
    users.push(ann);
    const idle = await Promise.all(Array.from({ length: 100 }, () => RawSocket.open(server.url)));
    const answers = await Promise.all(Array.from({ length: 20 }, (_, line) => handshakes(495, (index) => `198.51.${line}.${index % 10}`)));
    expect(answers.flat().filter((status) => status === 200)).toHaveLength(9_900);
    const waits: number[] = [];
    await until(
      'all are closed but one',
      async () => {
        const asked = performance.now();
        expect((await ann.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
        waits.push(performance.now() - asked);
        return count() === 1;
      },
      40_000,
    );
    expect(lives).toHaveLength(10_000);
    // What a loaded machine adds is not the server's patience.
    expect(Math.max(...lives)).toBeLessThan(16_000);
    expect(Math.min(...lives)).toBeGreaterThan(9_000);
    expect(waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)]).toBeLessThan(3_000);
    expect(idle.every(({ closed }) => closed !== undefined)).toBe(true);
    expect(ann.closed).toBeUndefined();
  }, 80_000);

  it('is one of so many of its address, and the rest is told when to come back', async () => {
    await open({ connections: { handshakesPerAddress: 100, handshakeTimeoutMs: 1_500 } });
    const first = await handshakes(100, () => '198.51.100.1');
    expect(first.filter((status) => status === 200)).toHaveLength(100);
    const refused = await ask(server.url, 'GET', HANDSHAKE, { headers: { 'x-forwarded-for': '198.51.100.1' } });
    expect(refused.body).toMatchObject({ status: 429, code: 'quota-exceeded' });
    expect(refused.headers['retry-after']).toBe('5');
    expect(await handshakes(1, () => '198.51.100.2')).toEqual([200]);
    await until('all are closed', () => count() === 0);
    // Who is let in does not count.
    for (let round = 0; round < 3; round += 1) users.push(await SocketUser.enter(server.url, scene.owner));
    expect(await handshakes(100, () => '127.0.0.1')).not.toContain(429);
  });

  it('also who comes in and leaves again, and keeps the connection', async () => {
    await open({ connections: { handshakeTimeoutMs: 500 } });
    const raw = await RawSocket.enter(server.url, scene.owner);
    raw.send('41/chat,');
    await raw.end();
    const back = await RawSocket.enter(server.url, scene.owner);
    back.send('41/chat,');
    expect((await ask(server.url, 'GET', '/livez')).status).toBe(200);
    back.send(`40/chat,${JSON.stringify({ token: scene.owner })}`);
    await until('in again', () => back.packets.filter((packet) => packet.startsWith('42/chat,["session.ready"')).length === 2);
    const other = await RawSocket.open(server.url);
    await other.end();
    // Who came back in time was not closed with the one that came after it.
    expect(back.closed).toBeUndefined();
    back.leave();
  });

  it('and who keeps asking with tokens that are none is closed', async () => {
    await open({});
    const raw = await RawSocket.open(server.url);
    for (let attempt = 0; attempt < 40; attempt += 1) raw.send('40/chat,{"token":"a.b.c"}');
    await raw.end();
    expect(raw.packets.filter((packet) => packet.startsWith('44/chat')).length).toBeLessThanOrEqual(32);
  });
});

describe('the handshake', () => {
  it('takes so much and no more: query, headers, credentials', async () => {
    await open({});
    const long = await ask(server.url, 'GET', `${HANDSHAKE}&x=${'a'.repeat(1_100)}`);
    expect(long.body).toMatchObject({ status: 413, code: 'too-large' });
    const headers = await ask(server.url, 'GET', HANDSHAKE, { headers: { cookie: 'a'.repeat(17_000) } });
    expect(headers.body).toMatchObject({ status: 431, code: 'too-large' });
    const raw = await RawSocket.open(server.url);
    raw.send(`40/chat,${JSON.stringify({ token: scene.owner, resume: { rooms: {} }, filler: 'a'.repeat(60_000) })}`);
    expect(await raw.see((packet) => packet.startsWith('40/chat'))).toContain('sid');
    raw.leave();
    const large = await RawSocket.open(server.url);
    large.send(`40/chat,${JSON.stringify({ token: 'a'.repeat(65_536) })}`);
    await large.end();
    expect(large.packets.some((packet) => packet.startsWith('44'))).toBe(false);
  });
});

describe('a server that is stopping', () => {
  it('refuses handshakes with 503 and Retry-After, so that stock clients come back', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    let isHolding = false;
    const hold = (): Promise<void> => {
      isHolding = true;
      return held;
    };
    await open({ chores: [[1, hold]] });
    await until('a chore that holds the server up', () => isHolding);
    const closed = server.running.close();
    const answer = await ask(server.url, 'GET', HANDSHAKE);
    expect([answer.status, answer.headers['retry-after'], answer.body.code]).toEqual([503, '2', 'unavailable']);
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const socket = await ask(server.url, 'GET', HANDSHAKE.replace('polling', 'websocket'), { headers: upgrade });
    expect([socket.status, socket.headers['retry-after'], socket.body.code]).toEqual([503, '2', 'unavailable']);
    for (const transport of ['polling', 'websocket'] as const) {
      const user = SocketUser.dial(server.url, { auth: { token: scene.owner }, transports: [transport] });
      users.push(user);
      user.socket.io.reconnection(true);
      user.socket.io.reconnectionDelay(20);
      let failures = 0;
      user.socket.on('connect_error', () => (failures += 1));
      await until('three attempts', () => failures >= 3);
      expect([user.refusal, user.socket.active]).toEqual([undefined, true]);
    }
    release();
    await closed;
  });
});
