import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Answer } from '../testing/ask.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory();
  scene = await aScene(server);
  for (const tenantId of [scene.tenantId, scene.otherId]) {
    await server.seed.users(tenantId, ['u1', 'u2', 'u3']);
    for (const room of ['r1', 'r2', 'r3']) await server.seed.group(tenantId, room, ['u1', 'u2', 'u3']);
  }
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const get = (path: string, token: string): Promise<Answer> => ask(server.url, 'GET', path, { token });
const cursorOf = async (path: string, token: string): Promise<string> => {
  const { body } = await get(path, token);
  expect(body.nextCursor).toEqual(expect.any(String));
  return String(body.nextCursor);
};

describe('case 68: cursors', () => {
  it('lead through the whole list, each item once', async () => {
    const seen: string[] = [];
    let path = '/v1/users?limit=3';
    for (;;) {
      const { body } = await get(path, scene.key);
      seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
      if (body.nextCursor === null) break;
      path = `/v1/users?limit=3&cursor=${String(body.nextCursor)}`;
    }
    expect(seen).toEqual(['ann', 'bo', 'cy', 'dee', 'eve', 'gus', 'hal', 'u1', 'u2', 'u3']);
  });

  it('of which any bit was changed are refused', async () => {
    const cursor = await cursorOf('/v1/users?limit=1', scene.key);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < cursor.length; at += 1) {
      const flipped = alphabet[alphabet.indexOf(cursor[at] ?? '') ^ 1] ?? 'A';
      const changed = `${cursor.slice(0, at)}${flipped}${cursor.slice(at + 1)}`;
      expect((await get(`/v1/users?limit=1&cursor=${changed}`, scene.key)).body.code, `at ${at}`).toBe('bad-cursor');
    }
    for (const changed of [`${cursor}A`, cursor.slice(0, -1), cursor.slice(1), `${cursor}=`, cursor.toUpperCase(), 'x', 'W10', ''])
      expect((await get(`/v1/users?limit=1&cursor=${changed}`, scene.key)).body.code, changed).toBe('bad-cursor');
  });

  it('are worth nothing to another caller', async () => {
    const [u1, u2] = [await server.seed.token(scene.tenantId, 'u1'), await server.seed.token(scene.tenantId, 'u2')];
    const foreign = await server.seed.token(scene.otherId, 'u1');
    const own = await cursorOf('/v1/rooms?limit=1', u1);
    expect((await get(`/v1/rooms?limit=1&cursor=${own}`, u1)).status).toBe(200);
    for (const token of [u2, foreign, scene.key, scene.foreignKey])
      expect((await get(`/v1/rooms?limit=1&cursor=${own}`, token)).body).toMatchObject({ status: 400, code: 'bad-cursor' });
    const keys = await cursorOf('/v1/users?limit=1', scene.key);
    const { secret } = await server.seed.apiKey(scene.tenantId);
    expect((await get(`/v1/users?limit=1&cursor=${keys}`, secret)).body.code).toBe('bad-cursor');
    const operators = await cursorOf('/v1/admin/operators?limit=1', scene.platformOwner);
    expect((await get(`/v1/admin/operators?limit=1&cursor=${operators}`, scene.platformAdmin)).body.code).toBe('bad-cursor');
  });

  it('are worth nothing on another list or under another filter', async () => {
    const users = await cursorOf('/v1/users?limit=1', scene.key);
    for (const path of ['/v1/rooms?limit=1', '/v1/bans?limit=1', '/v1/rooms/r1/members?limit=1', '/v1/users?limit=1&q=u'])
      expect((await get(`${path}&cursor=${users}`, scene.key)).body.code, path).toBe('bad-cursor');
    const members = await cursorOf('/v1/rooms/r1/members?limit=1', scene.key);
    expect((await get(`/v1/rooms/r2/members?limit=1&cursor=${members}`, scene.key)).body.code).toBe('bad-cursor');
    const base = `/v1/admin/tenants/${scene.tenantId}`;
    const ofTenant = await cursorOf(`${base}/users?limit=1`, scene.platformOwner);
    const elsewhere = `/v1/admin/tenants/${scene.otherId}/users?limit=1&cursor=${ofTenant}`;
    expect((await get(elsewhere, scene.platformOwner)).body.code).toBe('bad-cursor');
    expect((await get(`${base}/users?limit=2&cursor=${ofTenant}`, scene.platformOwner)).status).toBe(200);
  });

  it('of any size or kind are an answer and no accident', async () => {
    expect((await get(`/v1/users?cursor=${'A'.repeat(2_000)}`, scene.key)).body.code).toBe('bad-cursor');
    expect((await get(`/v1/users?cursor=${'A'.repeat(2_001)}`, scene.key)).body.code).toBe('validation-failed');
    expect((await get('/v1/users?cursor=A%00', scene.key)).body.code).toBe('validation-failed');
    expect((await get('/v1/users?cursor=A&cursor=B', scene.key)).body.code).toBe('validation-failed');
    expect((await get('/v1/users?cursor[a]=B', scene.key)).body.code).toBe('validation-failed');
    const withNothing = Buffer.from('[]').toString('base64url');
    expect((await get(`/v1/users?cursor=${withNothing.repeat(10)}`, scene.key)).body.code).toBe('bad-cursor');
  });
});

describe('case 69: limits', () => {
  const BAD = [
    '-1',
    '0',
    '101',
    '1e9',
    '1000000000',
    'NaN',
    'Infinity',
    '',
    '%20',
    '5.5',
    '0x10',
    '1e1',
    '+5',
    '٥',
    '99999999999999999999',
    'null',
    '5;drop',
  ];
  const LISTS = ['/v1/users', '/v1/rooms', '/v1/rooms/crew/members', '/v1/rooms/crew/messages', '/v1/rooms/crew/events'];

  it.each(LISTS)('%s takes a whole number of 1 to 100 and nothing like it', async (path) => {
    for (const limit of BAD) {
      const { body } = await get(`${path}?limit=${encodeURIComponent(decodeURIComponent(limit))}`, scene.owner);
      expect(body, limit).toMatchObject({ status: 400, code: 'validation-failed', errors: [{ pointer: '/limit' }] });
    }
    for (const twice of [`${path}?limit=10&limit=10`, `${path}?limit[]=10`, `${path}?limit[$gt]=1`])
      expect((await get(twice, scene.owner)).body, twice).toMatchObject({ status: 400, code: 'validation-failed' });
    for (const limit of ['1', '100', '007']) expect((await get(`${path}?limit=${limit}`, scene.owner)).status, limit).toBe(200);
  });

  it('hold for operators too', async () => {
    for (const path of [
      'tenants',
      'operators',
      'audit',
      `tenants/${scene.tenantId}/users`,
      `tenants/${scene.tenantId}/rooms/crew/messages`,
    ])
      for (const limit of ['-1', '0', '1e9', 'NaN'])
        expect((await get(`/v1/admin/${path}?limit=${limit}`, scene.platformOwner)).status, `${path} ${limit}`).toBe(400);
  });

  it('of what one call may name', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
    expect((await get(`/v1/users?ids=${ids(101).join()}`, scene.key)).status).toBe(400);
    const add = (count: number, token: string) =>
      ask(server.url, 'POST', '/v1/rooms/crew/members', { token, body: { userIds: ids(count) } });
    expect((await add(51, scene.owner)).body).toMatchObject({ status: 400, errors: [{ pointer: '/userIds', code: 'too-many' }] });
    expect((await add(501, scene.key)).body).toMatchObject({ status: 400, errors: [{ pointer: '/userIds', code: 'too-large' }] });
    const users = ids(101).map((id) => ({ id }));
    expect((await ask(server.url, 'POST', '/v1/users/batch', { token: scene.key, body: { users } })).status).toBe(400);
    const rooms = Array.from({ length: 101 }, () => ({ roomId: 'crew', afterPts: 0 }));
    expect((await ask(server.url, 'POST', '/v1/sync', { token: scene.owner, body: { rooms } })).status).toBe(400);
  });
});
