import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuthService, DomainError } from '@parley/domain';
import { ask } from '../testing/ask.js';
import { bareSocket } from '../testing/raw-socket.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

/** G11: the socket of whoever lost the right to it is closed within this. */
const SOON_MS = 2_000;

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory({ commandsPerSecond: 30, tenantDefaults: { sendsPerSecond: 100_000, sendBurst: 100_000 } });
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const asKey = (method: string, path: string, body?: object) => ask(server.url, method, path, { token: scene.key, body });
const asOwner = (method: string, path: string) =>
  ask(server.url, method, `/v1/admin/tenants/${scene.tenantId}${path}`, { token: scene.platformOwner });

describe('case 21: a connection ends within two seconds, and its credential opens no other', () => {
  /** What ends bo, and what bo is told then and at the next try. */
  const ENDS: Readonly<Record<string, readonly [end: () => Promise<{ status: number }>, told: string, next: string]>> = {
    'a ban from the tenant': [() => asKey('POST', '/v1/bans', { userId: 'bo', reason: 'spam' }), 'banned', 'banned'],
    'a ban by an operator': [
      () => ask(server.url, 'POST', `/v1/admin/tenants/${scene.tenantId}/bans`, { token: scene.tenantModerator, body: { userId: 'bo' } }),
      'banned',
      'banned',
    ],
    deactivation: [() => asKey('POST', '/v1/users/bo/deactivate'), 'token-invalid', 'token-invalid'],
    'suspension of the tenant': [() => asOwner('POST', '/suspend'), 'tenant-suspended', 'tenant-suspended'],
    'a revoked signing key': [() => asOwner('DELETE', `/signing-keys/${scene.signingKeyId}`), 'token-invalid', 'token-invalid'],
  };

  it.each(Object.entries(ENDS))('after %s', async (_, [end, told, next]) => {
    const [bo, polling, zed] = await Promise.all([
      SocketUser.enter(server.url, scene.member),
      SocketUser.enter(server.url, scene.member, { transports: ['polling'] }),
      SocketUser.enter(server.url, scene.foreigner),
    ]);
    expect((await end()).status).toBeLessThan(300);
    for (const user of [bo, polling]) {
      expect((await user.see('session.ended', undefined, SOON_MS)).code).toBe(told);
      await until('the end', () => user.closed, SOON_MS);
      // A disconnect by the server: a stock client does not try again by itself.
      expect(user.closed).toBe('io server disconnect');
    }
    expect((await SocketUser.refused(server.url, { auth: { token: scene.member } })).code).toBe(next);
    expect((await ask(server.url, 'GET', '/v1/me', { token: scene.member })).status).toBeGreaterThanOrEqual(401);
    expect((await zed.ask('room.get', { roomId: 'zoo' })).ok).toBe(true);
    zed.leave();
  });

  it('G11: after a ban from a room the socket stays, and receives nothing of it any more', async () => {
    const [ann, bo] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.member)];
    const banned = await ask(server.url, 'POST', '/v1/rooms/crew/bans', { token: scene.owner, body: { userId: 'bo', reason: 'enough' } });
    expect(banned.status).toBe(201);
    await ann.ask('message.send', { roomId: 'crew', clientMessageId: 'x', text: 'without bo' });
    await ann.see('message.created');
    await bo.see('room.exited');
    expect((await bo.ask('message.send', { roomId: 'crew', clientMessageId: 'y', text: 'let me' })).error).toMatchObject({
      code: 'banned',
      scope: 'room',
      reason: 'enough',
    });
    expect(bo.texts).toEqual([]);
    expect(bo.all('member.banned')).toHaveLength(1);
    ann.leave();
    bo.leave();
  });

  it('G11: after a removal the socket receives nothing, and after coming back it does', async () => {
    const [ann, bo] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.member)];
    const send = (text: string) => ann.ask('message.send', { roomId: 'crew', clientMessageId: text, text });
    await ann.ask('member.remove', { roomId: 'crew', userId: 'bo' });
    await send('one');
    expect((await bo.ask('room.get', { roomId: 'crew' })).error?.code).toBe('not-a-member');
    await ann.ask('member.add', { roomId: 'crew', userIds: ['bo'] });
    await send('two');
    await bo.see('message.created');
    expect(bo.texts).toEqual(['two']);
    ann.leave();
    bo.leave();
  });
});

describe('a token that ends', () => {
  it('case 85: may be renewed by one of the same user only', async () => {
    const bo = await SocketUser.enter(server.url, await server.seed.token(scene.tenantId, 'bo', 120));
    const newer = await server.seed.token(scene.tenantId, 'bo', 7_200);
    const ack = await bo.ask('session.renew', { token: newer });
    expect(Date.parse(String(ack.expiresAt)) - Date.now()).toBeGreaterThan(7_000_000);
    for (const token of [scene.owner, scene.foreigner, scene.key, 'garbage', scene.platformOwner])
      expect((await bo.ask('session.renew', { token })).error?.code).toBe('token-invalid');
    expect((await bo.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
    bo.leave();
  });

  it('case 85: is told of when it ends within a minute', async () => {
    const bo = await SocketUser.enter(server.url, await server.seed.token(scene.tenantId, 'bo', 30));
    const { expiresAt } = await bo.see('session.expiring');
    expect(Math.abs(Date.parse(String(expiresAt)) - Date.now() - 30_000)).toBeLessThan(5_000);
    bo.leave();
  });
});

describe('case 88: too many connections of a user', () => {
  it('are refused, and there is room again when one leaves', async () => {
    const users: SocketUser[] = [];
    for (let count = 0; count < 10; count += 1) users.push(await SocketUser.enter(server.url, scene.member));
    expect(await SocketUser.refused(server.url, { auth: { token: scene.member } })).toMatchObject({ code: 'quota-exceeded', status: 429 });
    const ann = await SocketUser.enter(server.url, scene.owner);
    users.pop()?.leave();
    await until('room for one', async () => {
      const again = SocketUser.dial(server.url, { auth: { token: scene.member } });
      await until('an answer', () => again.socket.connected || again.refusal);
      if (!again.socket.connected) return false;
      users.push(again);
      return true;
    });
    for (const user of [...users, ann]) user.leave();
  });

  it('also when they all come at once', async () => {
    const users = Array.from({ length: 30 }, () => SocketUser.dial(server.url, { auth: { token: scene.member } }));
    await until('all answers', () => users.every(({ socket, refusal }) => socket.connected || refusal));
    expect(users.filter(({ socket }) => socket.connected)).toHaveLength(10);
    for (const user of users) user.leave();
  });
});

describe('case 87: too many commands of a connection', () => {
  it('get an ack that says when to try again, and then the end', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    const bo = await SocketUser.enter(server.url, scene.member);
    const burst = await Promise.all(Array.from({ length: 140 }, () => ann.ask('room.get', { roomId: 'crew' })));
    const refused = burst.filter(({ ok }) => !ok);
    expect(burst.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(120);
    expect(refused.length).toBeGreaterThan(0);
    for (const { error } of refused) {
      expect(error).toMatchObject({ code: 'rate-limited', status: 429, retryable: true });
      expect(error?.retryAfterMs).toBeGreaterThan(0);
      expect(error?.retryAfterMs).toBeLessThan(1_000);
    }
    expect(ann.closed).toBeUndefined();
    for (let count = 0; count < 2_000; count += 1) ann.socket.emit('room.get', { roomId: 'crew' });
    await until('the end', () => ann.closed);
    expect((await bo.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
    bo.leave();
  });

  it('ends also who floods burst by burst', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    const burst = () => Promise.allSettled(Array.from({ length: 30 }, () => ann.ask('no.such', {})));
    await until(
      'the end',
      async () => {
        await burst();
        return ann.closed;
      },
      10_000,
    );
  });
});

describe('G20: a client that does not read', () => {
  it('is closed, and nobody else notices', async () => {
    const slow = await bareSocket(server.url);
    slow.frame(Buffer.from(`40/chat,${JSON.stringify({ token: scene.member })}`), 1);
    await until('session.ready', () => slow.received().includes('session.ready'));
    await ask(server.url, 'PATCH', `/v1/admin/tenants/${scene.tenantId}`, {
      token: scene.platformOwner,
      body: { settings: { limits: { textLength: 40_000, sendsPerSecond: 100_000, sendBurst: 100_000 } } },
    });
    slow.tcp.pause();
    const ann = await SocketUser.enter(server.url, scene.owner);
    const text = '🌊'.repeat(40_000);
    const count = () => server.fanout.of({ tenantId: scene.tenantId, userNo: server.db.space(scene.tenantId).userNos.get('bo') ?? 0 }).size;
    expect(count()).toBe(1);
    let sent = 0;
    await until(
      'the slow one is closed',
      async () => {
        sent += 1;
        const body = { clientMessageId: `s${sent}`, text };
        const { status } = await ask(server.url, 'POST', '/v1/rooms/crew/messages', {
          token: scene.key,
          body,
          headers: { 'parley-user': 'ann' },
        });
        expect(status).toBe(201);
        return count() === 0;
      },
      20_000,
    );
    await ann.see('message.created', ({ data }) => data?.message?.seq === sent + 1);
    expect(ann.texts).toHaveLength(sent);
    // The kernel's own buffers, and little more: what waits here is counted in bytes, not only in packets.
    expect(sent).toBeLessThan(300);
    // It comes back and heals by difference.
    const bo = await SocketUser.enter(server.url, scene.member);
    expect(bo.ready.rooms.find(({ roomId }) => roomId === 'crew')?.lastSeq).toBe(sent + 1);
    slow.tcp.destroy();
    for (const user of [ann, bo]) user.leave();
  });
});

describe('troubles that pass', () => {
  it('close the transport without a refusal, so that a stock client comes back by itself', async () => {
    const auth = server.running.app.get(AuthService);
    const spy = vi.spyOn(auth, 'session').mockRejectedValueOnce(new DomainError('unavailable'));
    const bo = SocketUser.dial(server.url, { auth: { token: scene.member } });
    await until('the end', () => spy.mock.calls.length > 0 && !bo.socket.io.engine.readyState.startsWith('open'));
    expect(bo.refusal).toBeUndefined();
    bo.leave();
    spy.mockRestore();
  });

  it('a server that stops says so, and closes the transport only', async () => {
    const stopping = await serverOnMemory();
    const own = await aScene(stopping);
    const ann = await SocketUser.enter(stopping.url, own.owner);
    const closed = stopping.close();
    const farewell = (await ann.see('session.reconnect')) as unknown as { afterMs: number; reason: string };
    expect(farewell.reason).toBe('server-stopping');
    expect(farewell.afterMs).toBeGreaterThanOrEqual(500);
    expect(farewell.afterMs).toBeLessThan(1_000);
    await until('the end', () => ann.closed);
    expect(ann.closed).toMatch(/^transport/);
    await closed;
    await expect(ask(stopping.url, 'GET', '/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
