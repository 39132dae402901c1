import { generateKeyPairSync } from 'node:crypto';
import { createServer as createSink } from 'node:http';
import { Store, type SigningAlgorithm } from '@parley/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { hmacToken, keyToken, nowSeconds } from '../testing/jwt.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';

const SECRET = 'the signing secret of acme, long enough for anybody';

let server: MemoryServer;
let kid: string;
beforeAll(async () => {
  server = await serverOnMemory();
  for (const id of ['acme', 'other']) await server.seed.tenant(id);
  await server.seed.users('acme', ['ann']);
  kid = (await server.seed.signingKey('acme', SECRET)).id;
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const me = (token: string) => ask(server.url, 'GET', '/v1/me', { token });
const codeOf = async (token: string) => {
  const { status, body } = await me(token);
  return `${status} ${body.code ?? 'ok'}`;
};
const claims = (more: object = {}) => ({ sub: 'ann', exp: nowSeconds() + 600, ...more });
const head = (more: object = {}) => ({ alg: 'HS256', typ: 'JWT', kid, ...more });
const good = (more: object = {}) => hmacToken(head(), claims(more), SECRET);
const REFUSED = '401 token-invalid';

/** A key that the routes do not offer to register yet, put where they are kept. */
async function registered(
  algorithm: SigningAlgorithm,
  material: string,
  more: { issuer?: string; audience?: string; prefix?: string } = {},
) {
  const id = `kid_acme_${algorithm}${Math.random().toString(36).slice(2)}`.padEnd(30, 'x');
  const { prefix = '', ...rest } = more;
  await server.running.app
    .get(Store)
    .tenant('acme', (tx) => tx.keys.insertSigningKey({ id, tenantId: 'acme', algorithm, material, userIdPrefix: prefix, ...rest }));
  return id;
}

it('lets a good token in', async () => {
  expect(await codeOf(good())).toBe('200 ok');
});

describe('the algorithm', () => {
  it.each(['none', 'None', 'nOnE', 'NONE', ''])('case 1: %s is refused, with and without a signature', async (alg) => {
    const [header, payload, signature] = hmacToken(head({ alg }), claims(), SECRET).split('.');
    expect(await codeOf(`${header}.${payload}.`)).toBe(REFUSED);
    expect(await codeOf(`${header}.${payload}.${signature}`)).toBe(REFUSED);
    expect(await codeOf(`${header}.${payload}`)).toBe(REFUSED);
  });

  it('case 2: a public key is no shared secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const rsa = await registered('RS256', pem);
    expect(await codeOf(keyToken({ alg: 'RS256', kid: rsa }, claims(), privateKey))).toBe('200 ok');
    for (const secret of [pem, pem.trim()]) expect(await codeOf(hmacToken({ alg: 'HS256', kid: rsa }, claims(), secret))).toBe(REFUSED);
    // And the other way: the key pins RS256 only.
    expect(await codeOf(keyToken({ alg: 'RS512', kid: rsa }, claims(), privateKey))).toBe(REFUSED);
    expect(await codeOf(keyToken({ alg: 'PS256', kid: rsa }, claims(), privateKey))).toBe(REFUSED);
    expect(await codeOf(keyToken({ alg: 'RS256', kid }, claims(), privateKey))).toBe(REFUSED);
  });

  it('case 3: another than the key’s own is refused', async () => {
    for (const alg of ['HS384', 'HS512']) expect(await codeOf(hmacToken(head({ alg }), claims(), SECRET, alg))).toBe(REFUSED);
    for (const alg of ['PS256', 'RS256', 'ES256', 'EdDSA']) expect(await codeOf(hmacToken(head({ alg }), claims(), SECRET))).toBe(REFUSED);
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(await codeOf(keyToken(head({ alg: 'EdDSA' }), claims(), privateKey))).toBe(REFUSED);
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const es = await registered('ES256', ec.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect(await codeOf(keyToken({ alg: 'ES256', kid: es }, claims(), ec.privateKey))).toBe('200 ok');
    expect(await codeOf(hmacToken({ alg: 'HS256', kid: es }, claims(), SECRET))).toBe(REFUSED);
  });
});

describe('time', () => {
  it('case 4: an expiry is needed, and must be a time', async () => {
    for (const exp of [undefined, null, '9999999999', {}, 1e18, 9e15, -1e18]) {
      const code = await codeOf(hmacToken(head(), { sub: 'ann', exp }, SECRET));
      expect(code, String(exp)).toMatch(/^401 token-(invalid|expired)$/);
    }
  });

  it('case 5: 60 seconds late is well, more is expired', async () => {
    expect(await codeOf(good({ exp: nowSeconds() - 50 }))).toBe('200 ok');
    expect(await codeOf(good({ exp: nowSeconds() - 65 }))).toBe('401 token-expired');
  });

  it('case 6: not before its time', async () => {
    expect(await codeOf(good({ nbf: nowSeconds() + 50 }))).toBe('200 ok');
    expect(await codeOf(good({ nbf: nowSeconds() + 65 }))).toBe(REFUSED);
    expect(await codeOf(good({ nbf: 'soon' }))).toBe(REFUSED);
  });

  it('case 7: not issued in the future', async () => {
    expect(await codeOf(good({ iat: nowSeconds() + 50 }))).toBe('200 ok');
    expect(await codeOf(good({ iat: nowSeconds() + 86_400 }))).toBe(REFUSED);
    expect(await codeOf(good({ iat: 'yesterday' }))).toBe(REFUSED);
  });
});

describe('whose it is', () => {
  it('cases 8 and 9: issuer and audience, where the key names them', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const bound = await registered('ES256', pem, { issuer: 'https://id.acme.test', audience: 'chat' });
    const token = (more: object) => keyToken({ alg: 'ES256', kid: bound }, claims(more), privateKey);
    const iss = 'https://id.acme.test';
    expect(await codeOf(token({ iss, aud: 'chat' }))).toBe('200 ok');
    expect(await codeOf(token({ iss, aud: ['shop', 'chat'] }))).toBe('200 ok');
    for (const aud of [undefined, 'shop', ['shop'], [], {}]) expect(await codeOf(token({ iss, aud }))).toBe(REFUSED);
    for (const other of [undefined, 'https://id.other.test', [iss, 'x']])
      expect(await codeOf(token({ iss: other, aud: 'chat' }))).toBe(REFUSED);
  });

  it('case 10: the same sub of a second provider is another account', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const second = await registered('ES256', publicKey.export({ type: 'spki', format: 'pem' }).toString(), { prefix: 'corp:' });
    const { body } = await me(keyToken({ alg: 'ES256', kid: second }, claims(), privateKey));
    expect(body.user).toMatchObject({ id: 'corp:ann' });
  });

  it('case 11: a kid is a name and nothing else', async () => {
    const kids = [
      '../../dev/null',
      "' OR 1=1 --",
      'https://evil.test/key',
      'k'.repeat(7_000),
      7,
      null,
      ['a'],
      {},
      `kid_acme_${'x'.repeat(20)}`,
      kid.replace('acme', 'other'),
    ];
    for (const odd of kids) expect(await codeOf(hmacToken(head({ kid: odd }), claims(), SECRET)), String(odd).slice(0, 40)).toBe(REFUSED);
    expect(await codeOf(hmacToken({ alg: 'HS256' }, claims(), SECRET))).toBe(REFUSED);
  });

  it('case 12: keys and addresses in the header are ignored, and nobody is asked', async () => {
    let asked = 0;
    const sink = createSink((_, response) => {
      asked += 1;
      response.end('{}');
    });
    const port = await new Promise<number>((done) =>
      sink.listen(0, '127.0.0.1', () => {
        const address = sink.address();
        done(typeof address === 'object' && address ? address.port : 0);
      }),
    );
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const address = `http://127.0.0.1:${port}/jwks`;
    const header = { alg: 'RS256', kid, jku: address, x5u: address, jwk: publicKey.export({ format: 'jwk' }) };
    expect(await codeOf(keyToken(header, claims(), privateKey))).toBe(REFUSED);
    expect(await codeOf(hmacToken({ ...head(), jku: address, x5u: address }, claims(), SECRET))).toBe('200 ok');
    expect(asked).toBe(0);
    sink.close();
  });

  it('case 15: two keys overlap, and a revoked one is refused at once', async () => {
    const next = await server.seed.signingKey('acme', `${SECRET}, the next`);
    const token = hmacToken(head({ kid: next.id }), claims(), `${SECRET}, the next`);
    expect(await codeOf(token)).toBe('200 ok');
    expect(await codeOf(good())).toBe('200 ok');
    const { token: operator } = await server.seed.operator('rotate@example.org', 'owner');
    const revoked = await ask(server.url, 'DELETE', `/v1/admin/tenants/acme/signing-keys/${next.id}`, { token: operator });
    expect(revoked.status).toBe(204);
    expect(await codeOf(token)).toBe(REFUSED);
    expect(await codeOf(good())).toBe('200 ok');
  });

  it('case 24: a signing secret under 32 bytes is refused', async () => {
    const { token } = await server.seed.operator('weak@example.org', 'owner');
    const made = (secret: string) => ask(server.url, 'POST', '/v1/admin/tenants/acme/signing-keys', { token, body: { secret } });
    expect((await made('x'.repeat(31))).body).toMatchObject({ status: 400, errors: [{ pointer: '/secret', code: 'too-short' }] });
    expect((await made('x'.repeat(32))).status).toBe(201);
  });
});

describe('its form', () => {
  it('case 16: a token of another purpose is refused', async () => {
    for (const typ of ['refresh', 'upload', 'id', 7]) expect(await codeOf(good({ typ }))).toBe(REFUSED);
    expect(await codeOf(good({ typ: 'user' }))).toBe('200 ok');
  });

  it('case 17: encrypted, nested, detached and critical forms are refused', async () => {
    const five = `${good()}.a.b`;
    const nested = hmacToken(head({ cty: 'JWT' }), good(), SECRET);
    for (const token of [
      five,
      nested,
      hmacToken(head({ b64: false, crit: ['b64'] }), claims(), SECRET),
      hmacToken(head({ b64: false }), claims(), SECRET),
      hmacToken(head({ crit: ['exp'] }), claims(), SECRET),
      hmacToken(head({ enc: 'A256GCM' }), claims(), SECRET),
      hmacToken(head(), '[]', SECRET),
      hmacToken(head(), 'null', SECRET),
      hmacToken('[]', claims(), SECRET),
      hmacToken(head(), '"text"', SECRET),
    ])
      expect(await codeOf(token)).toBe(REFUSED);
  });

  it('case 18: a claim said twice is refused, however it is spelled', async () => {
    const exp = nowSeconds() + 600;
    for (const text of [
      `{"sub":"ann","sub":"bo","exp":${exp}}`,
      `{"sub":"ann","\\u0073ub":"bo","exp":${exp}}`,
      `{"exp":1,"sub":"ann","exp":${exp}}`,
    ])
      expect(await codeOf(hmacToken(head(), text, SECRET))).toBe(REFUSED);
    expect(await codeOf(hmacToken(`{"alg":"none","alg":"HS256","kid":"${kid}"}`, claims(), SECRET))).toBe(REFUSED);
    expect(await codeOf(hmacToken(head(), `{"a":{"sub":1},"sub":"ann","exp":${exp}}`, SECRET))).toBe('200 ok');
  });

  it('case 19: an oversized token or header is refused', async () => {
    expect(await codeOf(good({ filler: 'x'.repeat(9_000) }))).toBe(REFUSED);
    expect((await me(good({ filler: 'x'.repeat(16_000) }))).status).toBe(431);
    const huge = await ask(server.url, 'GET', '/v1/me', { headers: { 'x-filler': 'x'.repeat(1_000_000) } }).then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect([431, 'ECONNRESET', 'EPIPE']).toContain(huge);
    expect(await codeOf(good())).toBe('200 ok');
  });

  it('case 20: one Authorization header, and a token nowhere else', async () => {
    const token = good();
    const twice = await ask(server.url, 'GET', '/v1/me', { headers: { authorization: [`Bearer ${token}`, `Bearer ${token}`] } });
    expect(twice.body).toMatchObject({ status: 400, code: 'validation-failed' });
    for (const path of [`/v1/me?token=${token}`, `/v1/me?access_token=${token}`, `/v1/me?authorization=Bearer%20${token}`])
      expect((await ask(server.url, 'GET', path)).body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect((await ask(server.url, 'GET', `/v1/me?token=${token}`, { token })).status).toBe(400);
    for (const authorization of [`Basic ${token}`, token, `Bearer ${token} ${token}`, `Bearer  ${token}`, 'Bearer ', `Bearer ${token},x`])
      expect((await ask(server.url, 'GET', '/v1/me', { headers: { authorization } })).status, authorization.slice(0, 10)).toBe(401);
    const cookie = await ask(server.url, 'GET', '/v1/me', { headers: { cookie: `token=${token}; parley_session=${token}` } });
    expect(cookie.status).toBe(401);
  });

  it('takes a sub that is a user id, and a picture that is a web address', async () => {
    for (const sub of ['', '.', '..', 'direct', 'batch', 'a b', 'a/b', 'ä', 'x'.repeat(129), 7, null, ['ann'], undefined])
      expect(await codeOf(good({ sub })), String(sub)).toBe(REFUSED);
    const { body } = await me(good({ sub: 'new-face', name: 'New\0 Face', image: 'javascript:alert(1)' }));
    expect(body.user).toMatchObject({ id: 'new-face', name: 'New Face' });
    expect(body.user).not.toHaveProperty('image');
  });
});

describe('case 21: what was taken back is refused at once', () => {
  it('a deactivated user', async () => {
    const { token } = await server.seed.operator('switch@example.org', 'owner');
    const bo = hmacToken(head(), claims({ sub: 'bo' }), SECRET);
    expect(await codeOf(bo)).toBe('200 ok');
    await ask(server.url, 'POST', '/v1/admin/tenants/acme/users/bo/deactivate', { token });
    expect(await codeOf(bo)).toBe(REFUSED);
    await ask(server.url, 'POST', '/v1/admin/tenants/acme/users/bo/reactivate', { token });
    expect(await codeOf(bo)).toBe('200 ok');
  });

  it('a suspended tenant, its users and its keys', async () => {
    await server.seed.tenant('third');
    const [user, key] = [await server.seed.token('third', 'ann'), await server.seed.apiKey('third')];
    const { token } = await server.seed.operator('suspend@example.org', 'owner');
    const rooms = (credential: string) => ask(server.url, 'GET', '/v1/rooms', { token: credential });
    expect([(await rooms(user)).status, (await rooms(key.secret)).status]).toEqual([200, 200]);
    await ask(server.url, 'POST', '/v1/admin/tenants/third/suspend', { token });
    for (const credential of [user, key.secret])
      expect((await rooms(credential)).body).toMatchObject({ status: 403, code: 'tenant-suspended' });
    await ask(server.url, 'POST', '/v1/admin/tenants/third/resume', { token });
    expect([(await rooms(user)).status, (await rooms(key.secret)).status]).toEqual([200, 200]);
  });

  it('a revoked API key', async () => {
    const { token } = await server.seed.operator('revoke@example.org', 'owner');
    const key = await server.seed.apiKey('acme');
    expect((await ask(server.url, 'GET', '/v1/rooms', { token: key.secret })).status).toBe(200);
    await ask(server.url, 'DELETE', `/v1/admin/tenants/acme/keys/${key.id}`, { token });
    expect((await ask(server.url, 'GET', '/v1/rooms', { token: key.secret })).body).toMatchObject({ status: 401, code: 'token-invalid' });
  });
});
