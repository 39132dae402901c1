import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Answer } from '../testing/ask.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';

const slow = (burst: number) => ({ burst, perSecond: burst / 100 });
const PLENTY = { burst: 1_000_000, perSecond: 1_000_000 };
const RATES = { user: PLENTY, address: PLENTY, tenant: PLENTY };

let server: MemoryServer;
let scene: Scene;
async function open(rates: Partial<typeof RATES>, tenantDefaults = {}): Promise<void> {
  server = await serverOnMemory({ trustedProxies: ['127.0.0.1'], callRates: { ...RATES, ...rates }, tenantDefaults });
  scene = await aScene(server);
}
let answers: Answer[];
beforeEach(() => {
  answers = [];
});
afterEach(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const HERE = '203.0.113.1';
async function call(method: string, path: string, token: string | undefined, body?: object, from = HERE): Promise<number> {
  const answer = await ask(server.url, method, path, { token, body, headers: { 'x-forwarded-for': from } });
  answers.push(answer);
  return answer.status;
}
const get = (path: string, token?: string, from?: string) => call('GET', path, token, undefined, from);

/** The last answer is a 429 that says everything a client needs to come back in time, and after that time it may. */
async function expectLimited(policy: string, quota: number, windowSeconds: number, again: () => Promise<number>): Promise<void> {
  const last = answers.at(-1);
  if (!last) throw new Error('nothing was asked');
  const { status, headers, body } = last;
  expect({ status, body }).toMatchObject({
    status: 429,
    body: { type: 'urn:parley:problem:rate-limited', code: 'rate-limited', status: 429, retryable: true, policy },
  });
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  const seconds = Number(headers['retry-after']);
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(seconds).toBe(Math.ceil((body.retryAfterMs ?? 0) / 1_000));
  expect(headers['ratelimit-policy']).toBe(`"${policy}";q=${quota};w=${windowSeconds}`);
  expect(headers.ratelimit).toBe(`"${policy}";r=0;t=${seconds}`);
  server.clock.advance(seconds * 1_000);
  expect(await again()).not.toBe(429);
}
const times = async (count: number, one: () => Promise<number>): Promise<readonly number[]> => {
  const statuses: number[] = [];
  for (let done = 0; done < count; done += 1) statuses.push(await one());
  return statuses;
};

describe('case 99: 429 says which limit it was and when to come back', () => {
  it('for a user', async () => {
    await open({ user: slow(5) });
    const one = () => get('/v1/me', scene.owner);
    expect(await times(6, one)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await get('/v1/me', scene.member)).toBe(200);
    answers.pop();
    await expectLimited('user', 5, 100, one);
  });

  it('for what a route costs', async () => {
    await open({ user: slow(9) });
    const one = () => call('POST', '/v1/sync', scene.owner, { rooms: [] });
    expect(await times(3, one)).toEqual([200, 200, 429]);
    // Cheaper things may still be done.
    expect(await get('/v1/me', scene.owner)).toBe(200);
    answers.pop();
    server.clock.advance(12_000);
    expect(await one()).toBe(429);
    await expectLimited('user', 9, 100, one);
  });

  it('for an operator', async () => {
    await open({ user: slow(5) });
    const one = () => get('/v1/admin/session', scene.platformOwner);
    expect(await times(6, one)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await get('/v1/admin/session', scene.platformViewer)).toBe(200);
    answers.pop();
    await expectLimited('operator', 5, 100, one);
  });

  it('for a tenant, its keys and users together', async () => {
    await open({ tenant: slow(7) });
    const one = () => get('/v1/rooms', scene.key);
    expect(await times(3, one)).toEqual([200, 200, 200]);
    expect(await get('/v1/me', scene.owner)).toBe(200);
    expect(await one()).toBe(429);
    expect(await get('/v1/rooms', scene.foreignKey)).toBe(200);
    answers.pop();
    await expectLimited('tenant', 7, 100, one);
  });

  it('for an address, whatever is behind it, before any credential is looked at', async () => {
    await open({ address: slow(5) });
    expect(await times(3, () => get('/v1/me', `no.such.${randomUUID()}`))).toEqual([401, 401, 401]);
    expect(await get('/v1/nothing')).toBe(404);
    expect(await get('/v1/me', scene.owner)).toBe(200);
    expect(await get('/v1/me', scene.owner)).toBe(429);
    expect(await get('/socket.io/?EIO=4&transport=polling')).toBe(429);
    expect(answers.at(-1)?.body).toMatchObject({ code: 'rate-limited', policy: 'address', status: 429 });
    expect(answers.pop()?.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(await get('/v1/me', scene.owner, '203.0.113.2')).toBe(200);
    // Nobody asks whether it is alive in vain.
    expect(await times(20, () => get('/readyz'))).toEqual(Array.from({ length: 20 }, () => 200));
    answers.splice(-21);
    await expectLimited('address', 5, 100, () => get('/v1/me', scene.owner));
  });

  it('for an address, but not for a tenant’s servers there', async () => {
    await open({ address: slow(5) });
    expect(await times(12, () => get('/v1/rooms', scene.key))).not.toContain(429);
    // A key that is none is somebody unknown.
    expect(await times(6, () => get('/v1/rooms', `sk_${scene.tenantId}_${'a'.repeat(40)}`))).toEqual([401, 401, 401, 401, 401, 429]);
    await expectLimited('address', 5, 100, () => get('/v1/rooms', scene.key));
  });

  it('for the messages of a user', async () => {
    await open({}, { sendsPerSecond: 1, sendBurst: 3 });
    const one = () => call('POST', '/v1/rooms/crew/messages', scene.owner, { clientMessageId: randomUUID(), text: 'hi' });
    const statuses = await times(4, one);
    expect(statuses).toEqual([201, 201, 201, 429]);
    await expectLimited('send', 3, 3, one);
  });

  it('for wrong passwords', async () => {
    await open({});
    const one = () => call('POST', '/v1/admin/session', undefined, { email: 'nobody@example.org', password: 'wrong' });
    expect(await times(11, one)).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    await expectLimited('login', 10, 900, one);
  });
});
