import { routeTable } from '@parley/protocol';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Question } from '../testing/ask.js';
import { aScene, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';

let server: MemoryServer;
let scene: Scene;
let rows: string;
beforeAll(async () => {
  server = await serverOnMemory();
  scene = await aScene(server);
  rows = rowsOf(server.db, scene.tenantId);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  expect(rowsOf(server.db, scene.tenantId)).toBe(rows);
  await server.close();
});

const GUARDED = [
  '/v1/me',
  '/v1/rooms/crew',
  '/v1/rooms/crew/messages',
  '/v1/bans',
  '/v1/admin/tenants',
  '/v1/admin/operators',
  '/v1/admin/stats',
];
const isOpen = (status: number): boolean => status < 400;

/** Spellings of one path that routers have taken for it, and guards for another (CVE-2025-69211, CVE-2026-2293). */
const SPELLINGS: Readonly<Record<string, (path: string) => string>> = {
  'a slash behind': (path) => `${path}/`,
  'slashes behind': (path) => `${path}//`,
  'two slashes before': (path) => `/${path}`,
  'two slashes inside': (path) => path.replace('/v1/', '/v1//'),
  'a dot': (path) => path.replace('/v1/', '/v1/./'),
  'dots that come back': (path) => path.replace('/v1/', '/v1/x/../'),
  'dots from outside': (path) => `/livez/..${path}`,
  'an escaped dot': (path) => path.replace('/v1/', '/v1/%2e/'),
  'escaped dots': (path) => `/livez/%2e%2e${path}`,
  'escaped slashes': (path) => path.replace('/v1/', '/v1%2f'),
  'a twice escaped slash': (path) => path.replace('/v1/', '/v1%252f'),
  'an escaped letter': (path) => path.replace('v1', '%761'),
  'a parameter': (path) => `${path};x=1`,
  'a parameter inside': (path) => path.replace('/v1/', '/v1;x/'),
  'an extension': (path) => `${path}.json`,
  capitals: (path) => path.toUpperCase(),
  'a back slash': (path) => path.replaceAll('/', '\\').replace('\\', '/'),
  'a NUL': (path) => `${path}%00`,
  'a broken escape': (path) => `${path}%`,
  'overlong UTF-8': (path) => path.replace('/v1/', '/v1%c0%af'),
  'a fragment': (path) => `${path}%23`,
  'an absolute address': (path) => `http://127.0.0.1${path}`,
};

describe('case 52: odd paths', () => {
  it.each(Object.entries(SPELLINGS))('%s opens nothing that the plain path keeps closed', async (_, spell) => {
    for (const path of GUARDED) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { status, text } = await ask(server.url, method, spell(path));
        expect(isOpen(status), `${method} ${spell(path)}: ${status}`).toBe(false);
        expect(text).not.toContain('canary');
      }
    }
  });

  it.each(Object.entries(SPELLINGS))('%s lets nobody do what the plain path refuses', async (_, spell) => {
    for (const [path, token] of [
      ['/v1/rooms/crew', scene.stranger],
      ['/v1/rooms/crew/messages', scene.foreigner],
      ['/v1/bans', scene.owner],
      [`/v1/admin/tenants/${scene.tenantId}/rooms/crew/messages`, scene.tenantViewer],
      [`/v1/admin/tenants/${scene.tenantId}/users`, scene.foreignOperator],
      ['/v1/admin/operators', scene.tenantOwner],
    ] as const) {
      const { status, text } = await ask(server.url, 'GET', spell(path), { token });
      expect(isOpen(status), `${spell(path)}: ${status}`).toBe(false);
      expect(text).not.toContain('canary');
    }
  });

  it('one path has one spelling', async () => {
    for (const spell of [SPELLINGS['a slash behind'], SPELLINGS.capitals, SPELLINGS['a parameter'], SPELLINGS['two slashes inside']])
      expect((await ask(server.url, 'GET', spell?.('/v1/me') ?? '', { token: scene.owner })).status).toBe(404);
    // The same segment, escaped, is the same segment to guard and router alike.
    expect((await ask(server.url, 'GET', '/v1/rooms/%63rew', { token: scene.owner })).status).toBe(200);
    expect((await ask(server.url, 'GET', '/v1/rooms/%63rew', { token: scene.stranger })).status).toBe(404);
    expect((await ask(server.url, 'GET', '/v1/rooms/crew%2fmessages', { token: scene.owner })).status).toBe(400);
  });
});

describe('case 52: odd methods', () => {
  it('HEAD reads nothing, OPTIONS does nothing, others are unknown', async () => {
    for (const [, { path }] of routeTable) {
      const at = path.replace(/:\w+/g, 'crew');
      for (const method of ['HEAD', 'TRACE', 'PROPFIND', 'MKCOL', 'SEARCH']) {
        const { status, text } = await ask(server.url, method, at, { token: scene.owner });
        expect([status, text], `${method} ${at}`).toEqual([404, '']);
      }
      const options = await ask(server.url, 'OPTIONS', at, { token: scene.owner });
      expect([options.status, options.text], at).toEqual(at.startsWith('/v1/admin') ? [404, options.text] : [204, '']);
    }
  });

  it('CONNECT and an upgrade to something else get nowhere', async () => {
    const { port } = new URL(server.url);
    const first = (lines: string) =>
      new Promise<string>((done, fail) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(`${lines}\r\n\r\n`));
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('close', () => done(text));
        socket.on('error', fail);
        socket.setTimeout(1_500, () => socket.destroy());
      });
    expect(await first('CONNECT /v1/me HTTP/1.1\r\nHost: x')).not.toMatch(/^HTTP\/1.1 2/);
    expect(await first('GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c')).not.toMatch(/^HTTP\/1.1 (2|101)/);
  });

  it('case 53: a method or address in a header is not looked at', async () => {
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const over = await ask(server.url, 'POST', '/v1/rooms/crew', { token: scene.owner, headers: { [name]: 'DELETE' }, body: {} });
      expect(over.status).toBe(404);
      const read = await ask(server.url, 'GET', '/v1/rooms/crew', { token: scene.owner, headers: { [name]: 'DELETE' } });
      expect(read.status).toBe(200);
    }
    for (const name of ['x-original-url', 'x-rewrite-url', 'x-forwarded-uri', 'x-forwarded-prefix']) {
      const moved = await ask(server.url, 'GET', '/v1/me', { token: scene.stranger, headers: { [name]: '/v1/rooms/crew' } });
      expect(moved.body).toHaveProperty('user');
    }
    expect((await ask(server.url, 'POST', '/v1/me?_method=DELETE', { token: scene.owner, body: {} })).status).toBe(404);
  });
});

describe('case 53: where a call came from', () => {
  const seen = async (question: Question, of: MemoryServer = server) => {
    const before = of.db.platformAudit.size;
    await ask(of.url, 'POST', '/v1/admin/tokens', { body: { name: 'x' }, ...question });
    return of.db.platformAudit.get(before + 1)?.ip;
  };

  it('is the peer’s address, whatever an untrusted peer says', async () => {
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'x-client-ip', 'cf-connecting-ip'])
      expect(await seen({ token: scene.platformOwner, headers: { [name]: '203.0.113.7' } })).toBe('127.0.0.1');
  });

  it('is what a trusted proxy says, its right-most stranger', async () => {
    const behind = await serverOnMemory({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    const { token } = await behind.seed.operator('proxy@example.org', 'owner');
    expect(await seen({ token, headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7, 10.1.2.3' } }, behind)).toBe('203.0.113.7');
    await behind.close();
  });
});

describe('case 54: the tenant is the credential’s', () => {
  it('another one in query or body is refused, in a header not looked at', async () => {
    const other = scene.otherId;
    expect((await ask(server.url, 'GET', `/v1/me?tenantId=${other}`, { token: scene.owner })).status).toBe(400);
    expect((await ask(server.url, 'GET', `/v1/rooms?tenant=${other}`, { token: scene.key })).status).toBe(400);
    const body = { roomId: 'crew', kind: 'read', seq: 1, tenantId: other };
    expect((await ask(server.url, 'POST', '/v1/rooms/crew/receipts', { token: scene.owner, body })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/tenantId', code: 'unknown-field' }],
    });
    for (const name of ['parley-tenant', 'x-tenant-id', 'x-tenant']) {
      const { text } = await ask(server.url, 'GET', '/v1/rooms', { token: scene.owner, headers: { [name]: other } });
      expect(text).toContain('crew');
      expect(text).not.toContain('zoo');
    }
  });

  it('the room in the path is the room, whatever body and query say', async () => {
    const body = { clientMessageId: 'x', text: 'hi', roomId: 'crew' };
    const sent = await ask(server.url, 'POST', '/v1/rooms/zoo/messages', { token: scene.owner, body });
    expect(sent.status).toBe(404);
    expect((await ask(server.url, 'GET', '/v1/rooms/zoo?roomId=crew', { token: scene.owner })).status).toBe(404);
  });
});
