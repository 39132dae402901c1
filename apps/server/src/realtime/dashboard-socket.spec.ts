import { Store } from '@parley/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { Browser } from '../testing/browser.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory({ publicUrl: 'http://chat.example.com' });
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const dial = (options: { auth?: object; headers?: Record<string, string> }) =>
  SocketUser.dial(server.url, { namespace: '/admin', ...options });
const refusedWith = async (headers: Record<string, string>) =>
  (await SocketUser.refused(server.url, { namespace: '/admin', headers })).code;
async function connected(options: Parameters<typeof dial>[0]): Promise<SocketUser> {
  const user = dial(options);
  await until('connected', () => user.socket.connected);
  return user;
}

describe('case 82: the session cookie', () => {
  it('opens a socket from the dashboard’s own origin only', async () => {
    const { operator, password } = await server.seed.operator(`rosa-${scene.tenantId}@example.org`, 'owner');
    const { cookie } = await new Browser(server.url).begin(operator.email, password);
    for (const origin of ['http://chat.example.com', server.url]) (await connected({ headers: { cookie, origin } })).leave();
    const foreign = [
      'https://evil.example',
      'null',
      'https://chat.example.com',
      'http://chat.example.com.evil.example',
      'http://chat.example.com:81',
      '',
    ];
    for (const origin of foreign) expect(await refusedWith({ cookie, origin }), origin).toBe('forbidden');
    expect(await refusedWith({ cookie })).toBe('forbidden');
    expect(await refusedWith({ origin: server.url })).toBe('unauthenticated');
    expect(await refusedWith({ origin: server.url, cookie: `parley_session=${'a'.repeat(40)}` })).toBe('unauthenticated');
    // Nor does it open anything for users.
    expect((await SocketUser.refused(server.url, { headers: { cookie, origin: server.url } })).code).toBe('unauthenticated');
  });

  it('opens none before the one-time password was changed, nor after the session ended', async () => {
    const { operator, password } = await server.seed.operator(`max-${scene.tenantId}@example.org`, 'owner');
    const browser = new Browser(server.url);
    await browser.signIn(operator.email, password);
    expect(await refusedWith({ cookie: browser.cookie, origin: server.url })).toBe('password-change-required');
    await browser.begin(operator.email, password);
    const { cookie } = browser;
    const socket = await connected({ headers: { cookie, origin: server.url } });
    await browser.ask('DELETE', '/v1/admin/session');
    expect(await refusedWith({ cookie, origin: server.url })).toBe('unauthenticated');
    expect((await socket.ask('room.unwatch', {})).error?.code).toBe('unauthenticated');
    socket.leave();
  });
});

describe('watching a room', () => {
  const watch = (socket: SocketUser, roomId = 'crew') => socket.ask('room.watch', { tenantId: scene.tenantId, roomId });
  const say = (text: string, roomId = 'crew') => server.seed.send(scene.tenantId, 'ann', roomId, text);
  const texts = (socket: SocketUser) => socket.all('room.event').map(({ data }) => data?.message?.text);

  it('shows its events and no other’s, until it ends; and leaves a trace before the first', async () => {
    const socket = await connected({ auth: { token: scene.tenantModerator } });
    const traces = () =>
      server.db
        .space(scene.tenantId)
        .audit.values()
        .filter(({ action }) => action === 'room.read').length;
    expect(traces()).toBe(0);
    expect(await watch(socket)).toEqual({ ok: true });
    expect(traces()).toBe(1);
    await say('seen');
    await say('elsewhere', 'plaza');
    await server.seed.send(scene.otherId, 'zed', 'zoo', 'of another tenant');
    await socket.see('room.event', ({ data }) => data?.message?.text === 'seen');
    await watch(socket, 'plaza');
    await say('no longer');
    await say('now here', 'plaza');
    await socket.see('room.event', ({ data }) => data?.message?.text === 'now here');
    await socket.ask('room.unwatch', {});
    await say('after', 'plaza');
    expect((await socket.ask('room.unwatch', {})).ok).toBe(true);
    expect(texts(socket)).toEqual(['seen', 'now here']);
    socket.leave();
  });

  it('is judged by the rights of the moment', async () => {
    const { operator, token } = await server.seed.operator(`temp-${scene.tenantId}@example.org`, 'moderator', scene.tenantId);
    const socket = await connected({ auth: { token } });
    expect((await watch(socket)).ok).toBe(true);
    await server.running.app.get(Store).platform((tx) => tx.operators.grant(operator.id, scene.tenantId, 'viewer'));
    expect((await watch(socket)).error?.code).toBe('forbidden');
    await server.running.app.get(Store).platform((tx) => tx.operators.grant(operator.id, scene.tenantId, undefined));
    expect((await watch(socket)).error?.code).toBe('not-found');
    const { status } = await ask(server.url, 'POST', `/v1/admin/operators/${operator.id}/disable`, { token: scene.platformOwner });
    expect(status).toBe(204);
    expect((await watch(socket)).error?.code).toBe('token-invalid');
    socket.leave();
  });
});

describe('figures of the installation', () => {
  it('are shown to operators of the whole, and not to those of one tenant', async () => {
    const [whole, part] = [
      await connected({ auth: { token: scene.platformViewer } }),
      await connected({ auth: { token: scene.tenantOwner } }),
    ];
    await whole.see('stats.changed');
    expect((await part.ask('room.unwatch', {})).ok).toBe(true);
    expect(part.all('stats.changed')).toEqual([]);
    whole.leave();
    part.leave();
  });
});
