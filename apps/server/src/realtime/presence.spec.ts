import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser, type Envelope } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory();
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

interface Shown {
  readonly userId: string;
  readonly status: string;
  readonly lastSeen?: string;
  readonly connections: number;
  readonly version: number;
  readonly wish?: string;
}
const shownIn = ({ data }: Envelope): Shown | undefined => data?.presence as Shown | undefined;
const last = (user: SocketUser): string | undefined => {
  const shown = user.all('presence.changed').map(shownIn).at(-1);
  return shown && `${shown.userId} ${shown.status}`;
};

describe('presence over a socket', () => {
  it('is told from the subscription on, until it is ended', async () => {
    const [ann, other] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.owner)];
    await other.ask('presence.subscribe', { userIds: ['bo'] });
    const answer = await ann.ask('presence.subscribe', { userIds: ['bo', 'nobody'] });
    expect(answer).toMatchObject({ ok: true, presences: [{ userId: 'bo', status: 'offline', connections: 0 }], denied: ['nobody'] });
    const bo = await SocketUser.enter(server.url, scene.member);
    await until('bo is there', () => last(ann) === 'bo online', 5_000);
    expect(ann.all('presence.changed')[0]).toMatchObject({ type: 'presence.changed', tenantId: scene.tenantId, data: { userId: 'bo' } });
    expect(await bo.ask('presence.set', { status: 'do-not-disturb' })).toMatchObject({
      ok: true,
      presence: { userId: 'bo', status: 'do-not-disturb', wish: 'do-not-disturb' },
    });
    await until('bo does not want to be disturbed', () => last(ann) === 'bo do-not-disturb', 5_000);
    expect(JSON.stringify(ann.all('presence.changed'))).not.toContain('wish');
    expect(await ann.ask('presence.unsubscribe', { userIds: ['bo'] })).toMatchObject({ ok: true });
    const before = ann.all('presence.changed').length;
    await bo.ask('presence.set', { status: 'online' });
    await bo.ask('session.state', { state: 'background' });
    await until('whoever still watches is told', () => last(other) === 'bo away', 5_000);
    expect(ann.all('presence.changed')).toHaveLength(before);
    for (const user of [ann, other, bo]) user.leave();
  }, 20_000);

  it('of one who closes the app is told after a while, and of one in the background at once', async () => {
    const [ann, bo] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.member)];
    await ann.ask('presence.subscribe', { userIds: ['bo'] });
    await bo.ask('session.state', { state: 'background' });
    await until('bo is away', () => last(ann) === 'bo away', 5_000);
    await bo.ask('session.state', { state: 'active' });
    await until('bo is back', () => last(ann) === 'bo online', 5_000);
    bo.leave();
    await until('bo is gone', () => last(ann) === 'bo offline', 9_000);
    expect(shownIn(ann.all('presence.changed').at(-1) ?? {})).toMatchObject({ lastSeen: 'recently', connections: 0 });
    ann.leave();
  }, 30_000);

  it('of a stranger is denied, and bad input changes nothing', async () => {
    const cy = await SocketUser.enter(server.url, scene.stranger);
    expect(await cy.ask('presence.subscribe', { userIds: ['bo', 'ann'] })).toMatchObject({ presences: [], denied: ['bo', 'ann'] });
    for (const bad of [{}, { userIds: [] }, { userIds: 'bo' }, { userIds: ['a/b'] }, { userIds: Array.from({ length: 101 }, () => 'bo') }])
      expect(await cy.ask('presence.subscribe', bad), JSON.stringify(bad)).toMatchObject({ error: { code: 'validation-failed' } });
    expect(await cy.ask('presence.set', { status: 'asleep' })).toMatchObject({ error: { code: 'validation-failed' } });
    cy.leave();
  });
});

describe('presence over REST', () => {
  it('is read by who may see, set by its user, and seen by servers and operators', async () => {
    const bo = await SocketUser.enter(server.url, scene.member);
    const look = async (token: string, path = '/v1/presence?userIds=bo,nobody') =>
      (await ask(server.url, 'GET', path, { token })).body as unknown as { presences: Shown[]; denied: string[] };
    await until('bo is there', async () => (await look(scene.owner)).presences[0]?.status === 'online', 5_000);
    expect((await look(scene.key)).presences).toHaveLength(1);
    expect((await look(scene.stranger)).denied).toEqual(['bo', 'nobody']);
    const put = await ask(server.url, 'PUT', '/v1/presence', { token: scene.member, body: { status: 'invisible' } });
    expect(put).toMatchObject({ status: 200, body: { presence: { status: 'offline', wish: 'invisible' } } });
    expect((await look(scene.owner)).presences[0]).toMatchObject({ status: 'offline', connections: 0 });
    expect((await ask(server.url, 'PUT', '/v1/presence', { token: scene.key, body: { status: 'away' } })).status).toBe(403);
    bo.leave();
  }, 20_000);
});
