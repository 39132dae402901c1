import { afterEach, describe, expect, it } from 'vitest';
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
let users: SocketUser[] = [];
afterEach(async () => {
  for (const user of users) user.leave();
  users = [];
  expect(server.bugs).toEqual([]);
  await server.close();
});

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
async function enter(token: string, address = '203.0.113.1'): Promise<SocketUser> {
  const user = await SocketUser.enter(server.url, token, from(address));
  users.push(user);
  return user;
}
const refused = (token: string) => SocketUser.refused(server.url, { auth: { token } });

describe('case 88: too many connections of a user', () => {
  it('replace the oldest where the policy says so, and that one does not come back', async () => {
    await open({ tenantDefaults: { socketsPerUser: 3 }, connections: { tooManySockets: 'close-oldest' } });
    for (let count = 0; count < 3; count += 1) await enter(scene.owner);
    const [first, ...others] = users;
    const bo = await enter(scene.member);
    const newest = await enter(scene.owner);
    await until('the end of the oldest', () => first?.closed);
    expect(first?.closed).toBe('io server disconnect');
    expect(first?.all('session.ended')).toMatchObject([{ code: 'conflict', retryable: false }]);
    for (const user of [...others, newest, bo]) {
      expect(user.closed).toBeUndefined();
      expect((await user.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
    }
    await enter(scene.owner);
    await until('the end of the next', () => others[0]?.closed);
    expect(users.filter(({ closed }) => closed === undefined)).toHaveLength(4);
  });

  it('also replace when they come all at once: exactly so many are left', async () => {
    await open({ tenantDefaults: { socketsPerUser: 3 }, connections: { tooManySockets: 'close-oldest' } });
    users = Array.from({ length: 12 }, () => SocketUser.dial(server.url, { auth: { token: scene.owner } }));
    await until('nine are closed', () => users.filter(({ closed }) => closed !== undefined).length === 9);
    await until('three are ready', () => users.filter((user) => !user.closed && user.all('session.ready').length > 0).length === 3);
  });
});

describe('case 88: too many connections of a tenant', () => {
  it('are refused, whoever’s they are, and do not count for another tenant', async () => {
    await open({ tenantDefaults: { socketsPerTenant: 3 } });
    for (const token of [scene.owner, scene.member, scene.stranger]) await enter(token);
    expect(await refused(scene.owner)).toMatchObject({ code: 'quota-exceeded', status: 429, retryAfterMs: 5_000 });
    await enter(scene.foreigner);
    // A refused one, and one that is gone before it is let in, take no seat.
    const raw = await RawSocket.open(server.url);
    raw.send(`40/chat,${JSON.stringify({ token: scene.owner })}`);
    raw.leave();
    users.shift()?.leave();
    await until('room for one', async () => {
      const again = SocketUser.dial(server.url, { auth: { token: scene.member } });
      await until('an answer', () => again.socket.connected || again.refusal);
      users.push(again);
      return again.socket.connected;
    });
    expect((await refused(scene.owner)).code).toBe('quota-exceeded');
  });

  it('are those on the namespace: whoever leaves it leaves its seat', async () => {
    await open({ tenantDefaults: { socketsPerTenant: 1 } });
    const raw = await RawSocket.enter(server.url, scene.owner);
    expect((await refused(scene.member)).code).toBe('quota-exceeded');
    raw.send('41/chat,');
    await until('room for one', async () => {
      const next = SocketUser.dial(server.url, { auth: { token: scene.member } });
      users.push(next);
      return until('an answer', () => next.socket.connected || next.refusal !== undefined).then(() => next.socket.connected);
    });
    expect(raw.closed).toBeUndefined();
    raw.leave();
  });

  it('are as many as an operator allows', async () => {
    await open({ tenantDefaults: { socketsPerTenant: 1 } });
    await enter(scene.owner);
    expect((await refused(scene.member)).code).toBe('quota-exceeded');
    const patch = await ask(server.url, 'PATCH', `/v1/admin/tenants/${scene.tenantId}`, {
      token: scene.platformOwner,
      body: { settings: { limits: { socketsPerTenant: 2 } } },
    });
    expect(patch.status).toBe(200);
    await enter(scene.member);
    expect((await refused(scene.stranger)).code).toBe('quota-exceeded');
  });
});

describe('case 88: too many connections of an address', () => {
  const handshake = (address: string, query = 'transport=polling') => ask(server.url, 'GET', `/socket.io/?EIO=4&${query}`, from(address));

  it('are refused before they are one, by the address that a trusted proxy tells', async () => {
    await open({ connections: { connectionsPerAddress: 3 } });
    for (const token of [scene.owner, scene.member, scene.stranger]) await enter(token);
    const answer = await handshake('203.0.113.1');
    expect(answer.body).toMatchObject({ status: 429, code: 'quota-exceeded', retryAfterMs: 5_000 });
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '5']);
    expect((await handshake('203.0.113.2')).status).toBe(200);
    const late = SocketUser.dial(server.url, { auth: { token: scene.owner }, ...from('203.0.113.1') });
    users.push(late);
    await until('a failure', () => late.closed);
    // Not refused for good: a stock client comes back by itself.
    expect([late.closed, late.refusal]).toEqual(['websocket error', undefined]);
    users.shift()?.leave();
    await until('room for one', async () => (await handshake('203.0.113.1')).status === 200);
  });

  it('of IPv6 are those of its /64', async () => {
    await open({ connections: { connectionsPerAddress: 2 } });
    await enter(scene.owner, '2001:db8:0:1::1');
    await enter(scene.member, '2001:db8:0:1:ffff::2');
    expect((await handshake('2001:db8:0:1:abcd::3')).status).toBe(429);
    expect((await handshake('2001:db8:0:2::1')).status).toBe(200);
  });

  it('are TCP connections where no proxy is trusted, whatever headers say', async () => {
    await open({ trustedProxies: [], connections: { connectionsPerAddress: 2 } });
    for (const token of [scene.owner, scene.member]) await enter(token);
    const answer = await ask(server.url, 'GET', '/livez', from('203.0.113.9'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '5']);
    users.pop()?.leave();
    await until('room for one', async () => (await ask(server.url, 'GET', '/livez')).status === 200);
  });
});
