import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorService, Store, UserService } from '@parley/domain';
import { aCall } from '@parley/domain/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../testing/ask.js';
import { Browser } from '../testing/browser.js';
import { platformRows } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { TestFacts } from '../testing/test-facts.js';
import { firstRun } from '../wiring/first-run.js';

let server: MemoryServer;
let pages: string;
let rosa: Browser;
beforeAll(async () => {
  pages = mkdtempSync(join(tmpdir(), 'parley-pages-'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>Parley</title>');
  writeFileSync(join(pages, 'secret.txt'), 'beside the pages');
  server = await serverOnMemory({ dashboardDirectory: pages, publicUrl: 'http://chat.example.com' });
  const { operator, password } = await server.seed.operator('rosa@example.org', 'owner');
  rosa = await new Browser(server.url).begin(operator.email, password);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
  rmSync(pages, { recursive: true });
});

const body = { name: 'laptop' };
const make = (headers: Record<string, string>) => ask(server.url, 'POST', '/v1/admin/tokens', { body, headers });

describe('case 125: requests other sites make', () => {
  it('need the token of the session, and the dashboard’s own page', async () => {
    const own = { cookie: rosa.cookie, 'parley-csrf': rosa.csrf };
    expect((await make({ ...own, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    const before = platformRows(server.db);
    const refused: Record<string, string>[] = [
      { cookie: rosa.cookie },
      { cookie: rosa.cookie, 'parley-csrf': '' },
      { cookie: rosa.cookie, 'parley-csrf': `${rosa.csrf}x` },
      { cookie: rosa.cookie, 'parley-csrf': 'x'.repeat(rosa.csrf.length) },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site' },
      { ...own, 'sec-fetch-site': 'same-site', origin: 'http://chat.example.com' },
      { ...own, origin: 'https://evil.example' },
      { ...own, origin: 'null' },
      { ...own, origin: 'http://chat.example.com.evil.example' },
      { ...own, origin: 'http://chat.example.com:81' },
    ];
    for (const headers of refused)
      expect((await make(headers)).body, JSON.stringify(headers)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(platformRows(server.db)).toBe(before);
    for (const origin of ['http://chat.example.com', server.url]) expect((await make({ ...own, origin })).status).toBe(201);
  });

  it('of every method', async () => {
    const before = platformRows(server.db);
    for (const [method, path] of [
      ['POST', '/v1/admin/tenants'],
      ['PATCH', '/v1/admin/tenants/acme'],
      ['PUT', '/v1/admin/tenants/acme/users/ann'],
      ['DELETE', '/v1/admin/session'],
    ] as const) {
      const answer = await ask(server.url, method, path, { body: {}, headers: { cookie: rosa.cookie, 'sec-fetch-site': 'cross-site' } });
      expect([answer.status, answer.body.code], `${method} ${path}`).toEqual([403, 'forbidden']);
    }
    expect(platformRows(server.db)).toBe(before);
  });

  it('a form or a text cannot be sent at all', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
      const answer = await ask(server.url, 'POST', '/v1/admin/tokens', {
        raw: JSON.stringify(body),
        headers: { cookie: rosa.cookie, 'parley-csrf': rosa.csrf, 'content-type': type },
      });
      expect(answer.status, type).toBe(415);
    }
  });

  it('signing in is not done from elsewhere', async () => {
    const signIn = { email: 'rosa@example.org', password: 'a phrase that is long enough' };
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      const answer = await ask(server.url, 'POST', '/v1/admin/session', { body: signIn, headers });
      expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
    }
  });

  it('a token of another session is none', async () => {
    const { operator, password } = await server.seed.operator('max@example.org', 'owner');
    const max = await new Browser(server.url).begin(operator.email, password);
    expect((await make({ cookie: rosa.cookie, 'parley-csrf': max.csrf })).status).toBe(403);
  });

  it('the cookie counts on the routes of operators only', async () => {
    for (const path of ['/v1/me', '/v1/rooms', '/v1/users'])
      expect((await ask(server.url, 'GET', path, { headers: { cookie: rosa.cookie } })).status, path).toBe(401);
  });
});

describe('cases 123 and 126: what pages may do', () => {
  it('run own scripts only, in no frame', async () => {
    for (const path of ['/dashboard/', '/dashboard/tenants/acme', '/reference']) {
      const { status, headers } = await ask(server.url, 'GET', path);
      expect(status, path).toBe(200);
      const csp = String(headers['content-security-policy']);
      for (const rule of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"])
        expect(csp).toContain(rule);
      expect(csp).not.toMatch(/script-src|unsafe-eval/);
      expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
  });

  it('go nowhere else, whatever the address asks for', async () => {
    for (const path of ['/', '/dashboard', '/?next=//evil.example', '/dashboard?next=https://evil.example', '/dashboard?//evil.example']) {
      const { status, headers } = await ask(server.url, 'GET', path, { headers: { accept: 'text/html', host: 'evil.example' } });
      expect([status, headers.location], path).toEqual([302, '/dashboard/']);
    }
    for (const path of [
      '//evil.example',
      '//evil.example/%2f..',
      '/\\evil.example',
      '/https:evil.example',
      '/dashboard//evil.example',
      '/%0d%0alocation:x',
    ])
      expect((await ask(server.url, 'GET', path)).headers.location, path).toBeUndefined();
  });

  it('are all there is of the directory: no way up', async () => {
    const ways = [
      '/dashboard/../package.json',
      '/dashboard/%2e%2e/package.json',
      '/dashboard/..%2f..%2fetc/passwd',
      '/dashboard//etc/passwd',
      '/dashboard/%00',
      '/dashboard/..\\..\\x',
    ];
    for (const path of ways) {
      const { status, text } = await ask(server.url, 'GET', path);
      expect(status === 200 ? text : '<!doctype html><title>Parley</title>', path).toBe('<!doctype html><title>Parley</title>');
    }
  });
});

describe('case 131: other origins', () => {
  it('may read what user tokens open, never with credentials of the browser, and nothing of operators', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const user = await ask(server.url, method, '/v1/rooms', { headers: { origin: 'https://shop.example' } });
      expect(user.headers['access-control-allow-origin']).toBe('*');
      expect(user.headers).not.toHaveProperty('access-control-allow-credentials');
      for (const path of ['/v1/admin/tenants', '/v1/admin/session', '/dashboard/', '/metrics', '/readyz']) {
        const { headers } = await ask(server.url, method, path, { headers: { origin: 'https://shop.example' } });
        expect(
          Object.keys(headers).filter((name) => name.startsWith('access-control')),
          path,
        ).toEqual([]);
      }
    }
  });

  it('may be limited by the tenant, after the token was checked', async () => {
    await server.seed.tenant('picky', { allowedOrigins: ['https://shop.example'] });
    const token = await server.seed.token('picky', 'ann');
    const me = (headers: Record<string, string>) => ask(server.url, 'GET', '/v1/me', { token, headers });
    expect((await me({ origin: 'https://shop.example' })).status).toBe(200);
    expect((await me({})).status).toBe(200);
    expect((await me({ origin: 'https://evil.example' })).body).toMatchObject({ status: 403, code: 'forbidden' });
    const garbage = await ask(server.url, 'GET', '/v1/me', { token: 'a.b.c', headers: { origin: 'https://evil.example' } });
    expect(garbage.status).toBe(401);
  });
});

describe('case 130: the first start', () => {
  it('makes one operator with a password of its own, once, and opens nothing before it was changed', async () => {
    const fresh = await serverOnMemory();
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-first-'));
    const begin = () =>
      firstRun(fresh.running.app, {
        dataDir,
        url: fresh.url,
        email: 'admin@parley.local',
        password: undefined,
        requestId: 'r',
        withSampleTenant: true,
      });
    const made = await begin();
    const again = await serverOnMemory();
    const other = await again.running.app.get(OperatorService).bootstrap('admin@parley.local', aCall());
    expect(made?.operator.password).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(other?.password).not.toBe(made?.operator.password);
    expect(await begin()).toBeUndefined();
    expect(fresh.db.operators.size).toBe(1);
    expect(statSync(join(dataDir, 'first-run.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'chatctl-context.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(dataDir, 'first-run.json'), 'utf8'))).toMatchObject({ operator: made?.operator });

    const browser = new Browser(fresh.url);
    const { body: session } = await browser.signIn('admin@parley.local', made?.operator.password ?? '');
    expect(session.operator).toMatchObject({ mustChangePassword: true });
    for (const path of ['/v1/admin/tenants', '/v1/admin/operators', '/v1/admin/tokens', '/v1/admin/tenants/demo/keys'])
      expect((await browser.ask('GET', path)).body).toMatchObject({ status: 403, code: 'password-change-required' });
    const change = (newPassword: string) =>
      browser.ask('POST', '/v1/admin/session/password', { body: { currentPassword: made?.operator.password, newPassword } });
    for (const weak of ['short', made?.operator.password ?? '', 'the admin knows this', 'aaaaaaaaaaaaaaaa'])
      expect((await change(weak)).body).toMatchObject({ status: 400, errors: [{ pointer: '/newPassword' }] });
    expect((await change('a phrase that is long enough')).status).toBe(200);
    expect((await browser.ask('GET', '/v1/admin/tenants')).status).toBe(200);
    rmSync(dataDir, { recursive: true });
    await Promise.all([fresh.close(), again.close()]);
  });
});

describe('case 129: rights of an operator', () => {
  it('are those of the moment, not of the sign-in', async () => {
    await server.seed.tenant('shop');
    const { operator, token } = await server.seed.operator('temp@example.org', 'admin', 'shop');
    const keys = () => ask(server.url, 'GET', '/v1/admin/tenants/shop/keys', { token });
    expect((await keys()).status).toBe(200);
    const grant = (role: 'viewer' | undefined) =>
      server.running.app.get(Store).platform((tx) => tx.operators.grant(operator.id, 'shop', role));
    await grant('viewer');
    expect((await keys()).body).toMatchObject({ status: 403, code: 'forbidden' });
    await grant(undefined);
    expect((await keys()).body).toMatchObject({ status: 404, code: 'not-found' });
    expect((await rosa.ask('POST', `/v1/admin/operators/${operator.id}/disable`)).status).toBe(204);
    expect((await keys()).status).toBe(401);
  });
});

describe('what is told to strangers', () => {
  it('case 139: of a bug nothing but that there was one', async () => {
    const broken = await serverOnMemory();
    await broken.seed.tenant('acme');
    vi.spyOn(broken.running.app.get(UserService), 'me').mockRejectedValue(new Error('SELECT secret FROM vault at /srv/app.js:7'));
    const { status, text, body: problem } = await ask(broken.url, 'GET', '/v1/me', { token: await broken.seed.token('acme', 'ann') });
    expect([status, problem.code, problem.detail]).toEqual([500, 'internal', undefined]);
    expect(text).not.toMatch(/secret|vault|srv|at /);
    expect(broken.bugs).toHaveLength(1);
    expect(broken.bugs[0]).toContain(String(problem.requestId));
    await broken.close();
  });

  it('case 140: no figures through a proxy or without the token, no hidden files', async () => {
    expect((await ask(server.url, 'GET', '/metrics')).status).toBe(200);
    expect((await ask(server.url, 'GET', '/metrics', { headers: { 'x-forwarded-for': '10.0.0.1' } })).status).toBe(404);
    const guarded = await serverOnMemory({ facts: new TestFacts('a token of sixteen') });
    for (const token of [undefined, 'wrong', 'a token of sixteen!'])
      expect((await ask(guarded.url, 'GET', '/metrics', { token })).status).toBe(404);
    expect((await ask(guarded.url, 'GET', '/metrics', { headers: { authorization: 'Bearer a token of sixteen' } })).status).toBe(200);
    await guarded.close();
    for (const path of [
      '/.env',
      '/.git/config',
      '/package.json',
      '/debug',
      '/src/main.ts',
      '/main.js.map',
      '/admin',
      '/server-status',
      '/socket.io/socket.io.js',
    ])
      expect((await ask(server.url, 'GET', path)).status, path).toBeGreaterThanOrEqual(400);
  });
});
