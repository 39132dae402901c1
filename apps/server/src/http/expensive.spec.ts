import { AuthService, RoomService, SyncService } from '@parley/domain';
import { routeTable } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, askRoute } from '../testing/ask.js';
import { RawHttp } from '../testing/raw-http.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { until } from '../testing/until.js';
import { RIGHTFUL_CALLS } from '../testing/walk.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory();
  scene = await aScene(server);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const LISTS = RIGHTFUL_CALLS.filter(([, { spec }]) => 'shape' in spec.input && 'limit' in (spec.input.shape as object));

describe('case 102: what could be much', () => {
  it('comes in pages, of a hundred at most, on every route that lists', async () => {
    expect(LISTS.length).toBeGreaterThanOrEqual(12);
    for (const [name, { spec, args, token }] of LISTS) {
      for (const limit of [0, 101, 1_000_000]) {
        const { status } = await askRoute(server.url, spec, { ...args(scene), limit }, { token: token(scene) });
        expect([name, limit, status]).toEqual([name, limit, 400]);
      }
      const most = await askRoute(server.url, spec, { ...args(scene), limit: 100 }, { token: token(scene) });
      expect([name, most.status]).toEqual([name, 200]);
    }
  });

  it('costs more than other calls where it is more work', () => {
    const costs = new Map([...routeTable].map(([name, { cost = 1 }]) => [name, cost]));
    for (const name of ['sync.sync', 'users.list', 'rooms.list', 'rooms.addMembers', 'users.putMany', 'audit.ofTenant'] as const)
      expect(costs.get(name), name).toBeGreaterThan(1);
    expect(costs.get('messages.send')).toBe(1);
  });

  it('a member list of 500 is five pages', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `m${index}`);
    await server.seed.users(scene.tenantId, ids);
    await server.seed.group(scene.tenantId, 'hall', ids);
    const token = await server.seed.token(scene.tenantId, 'm0');
    const found = new Set<string>();
    let [cursor, pages]: [string | undefined, number] = [undefined, 0];
    do {
      const query = `limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const { status, body } = await ask(server.url, 'GET', `/v1/rooms/hall/members?${query}`, { token });
      expect(status).toBe(200);
      for (const { userId } of body.items as readonly { readonly userId: string }[]) found.add(userId);
      cursor = (body.nextCursor as string | null | undefined) ?? undefined;
      pages += 1;
    } while (cursor !== undefined);
    expect([found.size, pages]).toEqual([500, 5]);
  });
});

describe('case 102: a client that goes away', () => {
  it('has nothing done for it that was not begun', async () => {
    const [auth, syncs, rooms] = [AuthService, SyncService, RoomService].map((type) => server.running.app.get<object>(type as never));
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    let arrived = 0;
    const verify = (auth as AuthService).userByToken.bind(auth);
    vi.spyOn(auth as AuthService, 'userByToken').mockImplementation(async (...args) => {
      arrived += 1;
      await held;
      return verify(...args);
    });
    const [sync, list] = [vi.spyOn(syncs as SyncService, 'sync'), vi.spyOn(rooms as RoomService, 'list')];
    const raw = await RawHttp.open(server.url);
    const headers = `Host: x\r\nAuthorization: Bearer ${scene.owner}\r\n`;
    for (let count = 0; count < 10; count += 1) {
      raw.say(`GET /v1/rooms?limit=100 HTTP/1.1\r\n${headers}\r\n`);
      raw.say(`POST /v1/sync HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{"rooms":[]}`);
    }
    const staying = ask(server.url, 'GET', '/v1/rooms', { token: scene.owner });
    await until('all wait', () => arrived === 21);
    raw.leave();
    const http = server.running.app.getHttpServer() as { getConnections(told: (error: Error | null, count: number) => void): void };
    await until('the server has noticed', () => new Promise<boolean>((done) => http.getConnections((_, count) => done(count === 1))));
    release();
    expect((await staying).status).toBe(200);
    expect([sync.mock.calls.length, list.mock.calls.length]).toEqual([0, 1]);
  });
});
