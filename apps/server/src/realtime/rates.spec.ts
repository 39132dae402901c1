import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser, type Ack } from '../testing/socket-user.js';
import type { TestServerOptions } from '../testing/test-server.js';
import { until } from '../testing/until.js';

/** So slow that no token comes back while a test runs. */
const slow = (burst: number) => ({ burst, perSecond: 0.01 });
const PLENTY = { burst: 1_000_000, perSecond: 1_000_000 };

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

async function enter(token: string, from = '203.0.113.1'): Promise<SocketUser> {
  const user = await SocketUser.enter(server.url, token, { headers: { 'x-forwarded-for': from } });
  users.push(user);
  return user;
}
const look = (user: SocketUser): Promise<Ack> => user.ask('room.get', { roomId: 'crew' });
const rest = (token: string, from = '203.0.113.1') => ask(server.url, 'GET', '/v1/me', { token, headers: { 'x-forwarded-for': from } });

describe('case 87: too many commands of a user', () => {
  it('count over all its connections and REST together, and for nobody else', async () => {
    await open({ callRates: { user: slow(10), address: PLENTY, tenant: PLENTY } });
    const [phone, laptop] = [await enter(scene.owner), await enter(scene.owner)];
    for (let count = 0; count < 4; count += 1) {
      expect((await look(phone)).ok).toBe(true);
      expect((await look(laptop)).ok).toBe(true);
    }
    expect((await rest(scene.owner)).status).toBe(200);
    expect((await look(phone)).ok).toBe(true);
    const problem = { code: 'rate-limited', status: 429, retryable: true, policy: 'user' };
    for (const device of [phone, laptop]) {
      const { ok, error } = await look(device);
      expect({ ok, error }).toMatchObject({ ok: false, error: problem });
      expect(error?.retryAfterMs).toBeGreaterThan(90_000);
      expect(error?.retryAfterMs).toBeLessThanOrEqual(100_000);
    }
    expect((await rest(scene.owner)).body).toMatchObject(problem);
    expect((await look(await enter(scene.member))).ok).toBe(true);
    // After as long as it was told to wait there is one more.
    server.clock.advance(100_000);
    expect((await look(laptop)).ok).toBe(true);
    expect((await look(phone)).ok).toBe(false);
  });

  it('cost what they cost: a difference counts as four', async () => {
    await open({ callRates: { user: slow(10), address: PLENTY, tenant: PLENTY } });
    const ann = await enter(scene.owner);
    const sync = () => ann.ask('sync', { rooms: [{ roomId: 'crew', afterPts: 0 }] });
    expect([(await sync()).ok, (await sync()).ok, (await sync()).error?.policy]).toEqual([true, true, 'user']);
    expect([(await look(ann)).ok, (await look(ann)).ok, (await look(ann)).ok]).toEqual([true, true, false]);
  });

  it('are the end of the connection that does not stop, and not of the user’s others', async () => {
    await open({ callRates: { user: slow(10), address: PLENTY, tenant: PLENTY } });
    const [phone, laptop] = [await enter(scene.owner), await enter(scene.owner)];
    let refused = 0;
    for (let count = 0; count < 400; count += 1)
      phone.socket.emit('room.get', { roomId: 'crew' }, ({ ok, error }: Ack) => {
        if (!ok && error?.code === 'rate-limited') refused += 1;
      });
    await until('the end', () => phone.closed);
    // Whoever is closed has been told so often, and it is not called a trouble of the network: it does not come back.
    expect(refused).toBeGreaterThanOrEqual(200);
    expect(phone.closed).toBe('io server disconnect');
    expect(laptop.closed).toBeUndefined();
    expect((await look(laptop)).error?.policy).toBe('user');
  });
});

describe('case 87: too many commands from an address', () => {
  it('count for everybody behind it, as a trusted proxy tells it, and for nobody elsewhere', async () => {
    // A handshake counts too.
    await open({ callRates: { user: PLENTY, address: slow(12), tenant: PLENTY } });
    const [ann, bo] = [await enter(scene.owner), await enter(scene.member)];
    for (let count = 0; count < 5; count += 1) {
      expect((await look(ann)).ok).toBe(true);
      expect((await look(bo)).ok).toBe(true);
    }
    for (const user of [ann, bo]) expect((await look(user)).error).toMatchObject({ code: 'rate-limited', policy: 'address' });
    expect((await rest(scene.stranger)).body).toMatchObject({ status: 429, policy: 'address' });
    expect((await rest(scene.stranger, '203.0.113.2')).status).toBe(200);
    expect((await look(await enter(scene.owner, '203.0.113.2'))).ok).toBe(true);
  });
});

describe('case 87: too many commands of a tenant', () => {
  it('do not slow another', async () => {
    await open({ callRates: { user: PLENTY, address: PLENTY, tenant: slow(6) } });
    const [ann, bo, zed] = [await enter(scene.owner), await enter(scene.member), await enter(scene.foreigner)];
    for (let count = 0; count < 3; count += 1) {
      expect((await look(ann)).ok).toBe(true);
      expect((await look(bo)).ok).toBe(true);
    }
    expect((await look(bo)).error).toMatchObject({ code: 'rate-limited', policy: 'tenant' });
    expect((await ask(server.url, 'GET', '/v1/rooms', { token: scene.key })).body).toMatchObject({ status: 429, policy: 'tenant' });
    expect((await zed.ask('room.get', { roomId: 'zoo' })).ok).toBe(true);
  });
});

describe('the order of commands', () => {
  it('is the order they were sent in, whoever is asked for leave', async () => {
    await open({});
    const ann = await enter(scene.owner);
    const acks = Array.from({ length: 100 }, (_, index) =>
      ann.ask('message.send', { roomId: 'crew', clientMessageId: `m${index}`, text: String(index) }),
    );
    const sent = await Promise.all(acks);
    const texts = sent.filter(({ ok }) => ok).map((ack) => ack.message as { text: string; seq: number });
    expect(texts.length).toBeGreaterThanOrEqual(40);
    expect([...texts].sort((a, b) => a.seq - b.seq)).toEqual(texts);
  });
});
