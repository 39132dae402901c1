import { PlainPasswords } from '@parley/domain/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Argon2Passwords } from '../adapters/passwords/argon2-passwords.js';
import { ask } from '../testing/ask.js';
import { Browser } from '../testing/browser.js';
import type { SeededOperator } from '../testing/seed.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';

const EMAIL = 'rosa@example.org';
const MINUTE = 60_000;

class CountingPasswords extends PlainPasswords {
  verified = 0;

  override verify(hash: string | undefined, password: string): Promise<boolean> {
    this.verified += 1;
    return super.verify(hash, password);
  }
}

let server: MemoryServer;
let passwords: CountingPasswords;
let rosa: SeededOperator;
beforeEach(async () => {
  passwords = new CountingPasswords();
  server = await serverOnMemory({ passwords, trustedProxies: ['127.0.0.1'] });
  rosa = await server.seed.operator(EMAIL, 'owner');
});
afterEach(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const signIn = (email: string, password: string, ip = '203.0.113.1') =>
  ask(server.url, 'POST', '/v1/admin/session', { body: { email, password }, headers: { 'x-forwarded-for': ip } });

describe('case 27: guessing', () => {
  it('is over after ten wrong passwords of an account, wherever they come from, for a while', async () => {
    for (let guess = 0; guess < 10; guess += 1) expect((await signIn(EMAIL, `wrong ${guess}`, `203.0.113.${guess}`)).status).toBe(401);
    const late = await signIn(EMAIL, rosa.password, '203.0.113.99');
    expect(late.body).toMatchObject({ status: 429, code: 'rate-limited', retryable: true });
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(late.headers['retry-after'])).toBeLessThanOrEqual(90);
    expect(late.headers.ratelimit).toMatch(/r=0;t=\d+/);
    // Nobody is locked out for good by a stranger: one more try every 90 seconds.
    server.clock.advance(91_000);
    expect((await signIn(EMAIL, rosa.password, '203.0.113.99')).status).toBe(200);
  });

  it('is over after ten wrong passwords of an address, whatever accounts they were for', async () => {
    for (let guess = 0; guess < 10; guess += 1) expect((await signIn(`a${guess}@example.org`, 'wrong')).status).toBe(401);
    expect((await signIn('a99@example.org', 'wrong')).status).toBe(429);
    expect((await signIn(EMAIL, rosa.password)).status).toBe(429);
    expect((await signIn(EMAIL, rosa.password, '203.0.113.2')).status).toBe(200);
  });

  it('gets no further when all guesses come at once', async () => {
    const guesses = Array.from({ length: 60 }, (_, index) => signIn(EMAIL, `wrong ${index}`, `203.0.113.${index}`));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(passwords.verified).toBe(10);
  });

  it('also of the present password by a stolen session', async () => {
    const browser = await new Browser(server.url).begin(EMAIL, rosa.password);
    const guess = (currentPassword: string) =>
      browser.ask('POST', '/v1/admin/session/password', { body: { currentPassword, newPassword: 'quite another phrase' } });
    const statuses = (await Promise.all(Array.from({ length: 30 }, (_, index) => guess(`wrong ${index}`)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(10);
    expect((await guess('a phrase that is long enough')).status).toBe(429);
  });

  it('learns nothing of who has an account: the same words and the same work', async () => {
    const known = await signIn(EMAIL, 'wrong');
    const work = passwords.verified;
    const unknown = await signIn('nobody@example.org', 'wrong', '203.0.113.2');
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...known.body, requestId: '' });
    expect(Object.keys(unknown.headers)).toEqual(Object.keys(known.headers));
    expect(passwords.verified - work).toBe(work);
  });

  it('takes an account by any spelling of its address as one', async () => {
    for (let guess = 0; guess < 10; guess += 1) await signIn(guess % 2 ? EMAIL.toUpperCase() : EMAIL, 'wrong', `203.0.113.${guess}`);
    expect((await signIn('Rosa@Example.org', rosa.password, '203.0.113.99')).status).toBe(429);
  });
});

describe('case 27: the work of a sign-in', () => {
  it('is as much for an unknown account, and bounded when many come (case 105)', async () => {
    const argon = new Argon2Passwords();
    const hash = await argon.hash('the right one');
    const time = async (stored: string | undefined): Promise<number> => {
      const since = process.cpuUsage();
      expect(await argon.verify(stored, 'the wrong one')).toBe(false);
      const { user, system } = process.cpuUsage(since);
      return user + system;
    };
    const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let round = 0; round < 9; round += 1) {
      known.push(await time(hash));
      unknown.push(await time(undefined));
    }
    expect(median(unknown) / median(known)).toBeGreaterThan(0.5);
    expect(median(unknown) / median(known)).toBeLessThan(2);
    expect(await argon.verify(hash, 'the right one')).toBe(true);
    const flood = await Promise.allSettled(Array.from({ length: 100 }, () => argon.verify(hash, 'x')));
    const refused = flood.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(48);
    expect(refused[0]?.reason).toMatchObject({ code: 'unavailable' });
  });
});

describe('case 124: the session', () => {
  const attributes = (cookie: string | undefined) => (cookie ?? '').split('; ').slice(1).sort();
  const nameOf = (cookie: string | undefined) => cookie?.split('=')[0];

  it('is a cookie that scripts cannot read and other sites cannot send', async () => {
    const { headers } = await signIn(EMAIL, rosa.password);
    const [cookie, ...more] = headers['set-cookie'] ?? [];
    expect(more).toEqual([]);
    expect(nameOf(cookie)).toBe('parley_session');
    expect(attributes(cookie)).toEqual(['HttpOnly', 'Max-Age=28800', 'Path=/', 'SameSite=Strict']);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('is bound to the host and to TLS where the public address is https', async () => {
    const behind = await serverOnMemory({ publicUrl: 'https://chat.example.com/team' });
    const { operator, password } = await behind.seed.operator(EMAIL, 'owner');
    const body = { email: operator.email, password };
    const { headers } = await ask(behind.url, 'POST', '/v1/admin/session', { body });
    const [cookie] = headers['set-cookie'] ?? [];
    expect(nameOf(cookie)).toBe('__Host-parley_session');
    expect(attributes(cookie)).toEqual(['HttpOnly', 'Max-Age=28800', 'Path=/', 'SameSite=Strict', 'Secure']);
    const plain = (cookie ?? '').split(';')[0]?.replace('__Host-', '') ?? '';
    expect((await ask(behind.url, 'GET', '/v1/admin/session', { headers: { cookie: plain } })).status).toBe(401);
    await behind.close();
  });

  it('is a new one at every sign-in and when the password changes, which ends all others', async () => {
    const [one, two] = [new Browser(server.url), new Browser(server.url)];
    await one.signIn(EMAIL, rosa.password);
    await two.signIn(EMAIL, rosa.password);
    const planted = { cookie: one.cookie };
    expect(one.cookie).not.toBe(two.cookie);
    const before = two.cookie;
    await two.ask('POST', '/v1/admin/session/password', {
      body: { currentPassword: rosa.password, newPassword: 'a new and longer phrase' },
    });
    expect(two.cookie).not.toBe(before);
    expect((await two.ask('GET', '/v1/admin/session')).status).toBe(200);
    for (const cookie of [planted.cookie, before])
      expect((await ask(server.url, 'GET', '/v1/admin/session', { headers: { cookie } })).status).toBe(401);
  });

  it('takes no id that the client brings', async () => {
    const cookie = `parley_session=${'a'.repeat(40)}`;
    const signedIn = await ask(server.url, 'POST', '/v1/admin/session', {
      body: { email: EMAIL, password: rosa.password },
      headers: { cookie },
    });
    expect(signedIn.headers['set-cookie']?.[0]).not.toContain('aaaa');
    expect((await ask(server.url, 'GET', '/v1/admin/session', { headers: { cookie } })).status).toBe(401);
  });

  it('ends after 15 idle minutes, after 8 hours whatever is done, and at sign-out', async () => {
    const idle = new Browser(server.url);
    await idle.signIn(EMAIL, rosa.password);
    server.clock.advance(14 * MINUTE);
    expect((await idle.ask('GET', '/v1/admin/session')).status).toBe(200);
    server.clock.advance(14 * MINUTE);
    expect((await idle.ask('GET', '/v1/admin/session')).status).toBe(200);
    server.clock.advance(16 * MINUTE);
    expect((await idle.ask('GET', '/v1/admin/session')).status).toBe(401);

    const busy = new Browser(server.url);
    await busy.signIn(EMAIL, rosa.password);
    const statuses: number[] = [];
    for (let minutes = 0; minutes <= 490; minutes += 10) {
      statuses.push((await busy.ask('GET', '/v1/admin/session')).status);
      server.clock.advance(10 * MINUTE);
    }
    expect(statuses.slice(0, 48).every((status) => status === 200)).toBe(true);
    expect(statuses.at(-1)).toBe(401);

    const leaving = new Browser(server.url);
    await leaving.signIn(EMAIL, rosa.password);
    const { cookie } = leaving;
    const out = await leaving.ask('DELETE', '/v1/admin/session');
    expect(out.headers['set-cookie']?.[0]).toMatch(/^parley_session=; .*Max-Age=0/);
    expect((await ask(server.url, 'GET', '/v1/admin/session', { headers: { cookie } })).status).toBe(401);
  });

  it('is kept as a hash', async () => {
    const browser = new Browser(server.url);
    await browser.signIn(EMAIL, rosa.password);
    const secret = browser.cookie.split('=')[1] ?? 'none';
    expect(secret).toHaveLength(40);
    expect(JSON.stringify([...server.db.sessions.values(), ...server.db.platformAudit.values()])).not.toContain(secret);
  });
});
