import { ReceiptService } from '@parley/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, askRoute } from '../testing/ask.js';
import { aScene, platformRows, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { RIGHTFUL_CALLS } from '../testing/walk.js';

let server: MemoryServer;
beforeAll(async () => {
  server = await serverOnMemory();
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const rows = ({ tenantId }: Scene) => [rowsOf(server.db, tenantId), platformRows(server.db)];

describe('case 50: fields nobody asked for', () => {
  it.each(RIGHTFUL_CALLS)('%s refuses them by pointer and changes nothing', async (_, { spec, args, token }) => {
    const scene = await aScene(server);
    const before = rows(scene);
    for (const field of ['isAdmin', 'pts', 'createdAt', 'tenant', 'passwordHash', '$where']) {
      const { body } = await askRoute(server.url, spec, { ...args(scene), [field]: 'x' }, { token: token(scene) });
      expect(body, field).toMatchObject({
        status: 400,
        code: 'validation-failed',
        errors: [{ pointer: `/${field}`, code: 'unknown-field' }],
      });
    }
    expect(rows(scene)).toEqual(before);
  });

  it('PATCH /v1/me refuses all of them at once, nested ones by their path', async () => {
    const scene = await aScene(server);
    const before = rows(scene);
    const body = {
      name: 'New',
      role: 'owner',
      tenantId: scene.otherId,
      id: 'ann2',
      createdAt: '2020-01-01T00:00:00Z',
      isBot: true,
      pts: 7,
    };
    const refused = await ask(server.url, 'PATCH', '/v1/me', { token: scene.owner, body });
    expect(refused.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/createdAt',
      '/id',
      '/isBot',
      '/pts',
      '/role',
      '/tenantId',
    ]);
    const room = { kind: 'group', settings: { muted: true, isPublic: true }, members: ['bo'] };
    const nested = await ask(server.url, 'POST', '/v1/rooms', { token: scene.owner, body: room });
    expect(nested.body.errors).toMatchObject([{ pointer: '/settings/isPublic', code: 'unknown-field' }]);
    expect(rows(scene)).toEqual(before);
  });
});

/** What rows hold and answers must not: hashes, sealed secrets, internal numbers. A presence has a version of its own, for its readers. */
const INTERNAL =
  /passwordHash|tokenHash|"material"|"hash":"plain|plain\$|"no":|userNo|roomNo|"draft"|(?<!"connections":\d+,)"version":\d|directFrom/;

describe('case 51: fields nobody may see', () => {
  it.each(RIGHTFUL_CALLS)('%s answers what its schema names and nothing else', async (_, { spec, args, token, success }) => {
    const scene = await aScene(server);
    const answer = await askRoute(server.url, spec, args(scene), { token: token(scene) });
    expect(answer.status).toBe(success);
    if (success < 300 && success !== 204) expect(spec.output.parse(answer.body)).toEqual(answer.body);
    expect(answer.text).not.toMatch(INTERNAL);
  });

  it('a second time: what a service gives away by mistake does not leave, by REST or socket', async () => {
    const scene = await aScene(server);
    const leaking = { readSeq: 1, deliveredSeq: 1, unread: 0, passwordHash: 'leak', no: 7 };
    const spy = vi.spyOn(server.running.app.get(ReceiptService), 'mark').mockResolvedValue(leaking);
    const mark = { kind: 'read', seq: 1 };
    const { body } = await ask(server.url, 'POST', '/v1/rooms/crew/receipts', { token: scene.owner, body: mark });
    const ann = await SocketUser.enter(server.url, scene.owner);
    const ack = await ann.ask('receipt.mark', { roomId: 'crew', ...mark });
    ann.leave();
    spy.mockRestore();
    expect(body).toEqual({ readSeq: 1, deliveredSeq: 1, unread: 0 });
    expect(ack).toEqual({ ok: true, readSeq: 1, deliveredSeq: 1, unread: 0 });
  });

  it('users see neither mail addresses nor internet addresses of anybody', async () => {
    const scene = await aScene(server);
    for (const path of [
      '/v1/me',
      '/v1/users',
      '/v1/rooms',
      '/v1/rooms/crew',
      '/v1/rooms/crew/members',
      '/v1/rooms/crew/messages',
      '/v1/rooms/crew/events',
    ]) {
      const { text, status } = await ask(server.url, 'GET', path, { token: scene.owner });
      expect(status).toBe(200);
      expect(text).not.toMatch(/@example\.org|127\.0\.0\.1|"ip"/);
    }
  });

  it('case 28: a key shows its prefix and its last use, never its secret', async () => {
    const scene = await aScene(server);
    await ask(server.url, 'GET', '/v1/rooms', { token: scene.key });
    const { body, text } = await ask(server.url, 'GET', `/v1/admin/tenants/${scene.tenantId}/keys`, { token: scene.tenantAdmin });
    const items = body.items as { id: string; prefix: string; lastUsedAt?: string }[];
    const key = items.find(({ id }) => id === scene.keyId);
    expect(key?.prefix).toBe(scene.key.slice(0, `sk_${scene.tenantId}_`.length + 4));
    expect(Date.parse(key?.lastUsedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(text).not.toContain(scene.key);
  });
});
