import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Argon2Passwords } from '../adapters/passwords/argon2-passwords.js';
import { ask } from '../testing/ask.js';
import { Browser } from '../testing/browser.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnPostgres, type PostgresServer } from '../testing/server-on-postgres.js';
import { SocketUser } from '../testing/socket-user.js';

let server: PostgresServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnPostgres(inject('postgresUrl'));
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

/** Everything that is stored, as text. */
async function dump(): Promise<string> {
  const tables = await server.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await server.query<{ row: string }>(`SELECT row_to_json(t)::text AS row FROM ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

describe('cases 55 and 56: the same names in two tenants', () => {
  it('are two users, rooms, messages and bans, and nobody can tell that a name is taken elsewhere', async () => {
    const create = (token: string) =>
      ask(server.url, 'POST', '/v1/rooms', { token, body: { id: 'same', kind: 'group', members: ['sam'] } });
    const free = await create(scene.key);
    const takenElsewhere = await create(scene.foreignKey);
    const fresh = await ask(server.url, 'POST', '/v1/rooms', {
      token: scene.foreignKey,
      body: { id: 'never-seen', kind: 'group', members: ['sam'] },
    });
    expect([free.status, takenElsewhere.status, fresh.status]).toEqual([201, 201, 201]);
    const shapeOf = (room: unknown) => ({ ...(room as object), id: '', createdAt: '', pts: 0 });
    expect(shapeOf(takenElsewhere.body.room)).toEqual(shapeOf(fresh.body.room));

    const send = (token: string, text: string) =>
      ask(server.url, 'POST', '/v1/rooms/same/messages', {
        token,
        headers: { 'parley-user': 'sam' },
        body: { clientMessageId: 'one', text },
      });
    const [here, there] = [await send(scene.key, 'here'), await send(scene.foreignKey, 'there')];
    expect([here.status, there.status]).toEqual([201, 201]);
    expect([here.body.deduplicated, there.body.deduplicated]).toEqual([false, false]);
    const texts = async (token: string) => {
      const { body } = await ask(server.url, 'GET', '/v1/rooms/same/messages', { token });
      return (body.items as { text: string }[]).map(({ text }) => text);
    };
    expect([await texts(scene.key), await texts(scene.foreignKey)]).toEqual([['here'], ['there']]);

    const ban = (token: string) => ask(server.url, 'POST', '/v1/bans', { token, body: { userId: 'sam' } });
    expect((await ban(scene.key)).status).toBe(201);
    expect((await ask(server.url, 'GET', '/v1/me', { token: scene.key, headers: { 'parley-user': 'sam' } })).body.code).toBe('banned');
    expect((await ask(server.url, 'GET', '/v1/me', { token: scene.foreignKey, headers: { 'parley-user': 'sam' } })).status).toBe(200);
    expect((await ban(scene.foreignKey)).status).toBe(201);
  });

  it('keep their idempotency keys apart', async () => {
    const headers = { 'idempotency-key': 'the same key' };
    const create = (token: string, name: string) => ask(server.url, 'POST', '/v1/rooms', { token, headers, body: { kind: 'group', name } });
    const [here, there] = [await create(scene.key, 'Here'), await create(scene.foreignKey, 'There')];
    expect([here.status, there.status]).toEqual([201, 201]);
    const again = await create(scene.key, 'Here');
    expect([again.status, (again.body.room as { id: string }).id]).toEqual([200, (here.body.room as { id: string }).id]);
    expect((await create(scene.key, 'Other')).body).toMatchObject({ status: 422, code: 'idempotency-mismatch' });
  });

  it('case 56: an id taken by another tenant, operator or key is no answer that differs', async () => {
    const taken = await ask(server.url, 'POST', '/v1/admin/operators', { token: scene.platformAdmin, body: { email: 'any@example.org' } });
    expect(taken.status).toBe(403);
    for (const id of [scene.otherId, 'no-such-tenant-at-all']) {
      const made = await ask(server.url, 'POST', '/v1/admin/tenants', { token: scene.tenantOwner, body: { id } });
      expect(made.body).toMatchObject({ status: 403, code: 'forbidden' });
    }
  });

  it('case 61: nothing counts what is not one’s own', async () => {
    const paths = [
      '/v1/rooms',
      '/v1/users',
      '/v1/rooms/crew',
      '/v1/rooms/crew/members',
      '/v1/rooms/crew/messages',
      '/v1/rooms/crew/events',
      '/v1/bans',
    ];
    for (const path of paths) {
      const { text } = await ask(server.url, 'GET', path, { token: scene.key });
      expect(text).not.toMatch(/"(total|count|no|userNo|roomNo|number)":/);
    }
    const { items } = (await ask(server.url, 'GET', `/v1/admin/tenants/${scene.otherId}/audit`, { token: scene.foreignOperator })).body;
    const numbers = (items as { number: number }[]).map(({ number }) => number).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('case 28: what the database holds of secrets', () => {
  it('is hashes and sealed boxes: a search of every row finds none', async () => {
    const own = await serverOnPostgres(inject('postgresUrl'), { passwords: new Argon2Passwords() });
    const operator = await own.seed.operator(`keeper-${scene.tenantId}@example.org`, 'owner');
    const browser = await new Browser(own.url).begin(operator.operator.email, operator.password, 'a phrase that nobody stores');
    const key = await own.seed.apiKey(scene.tenantId);
    const signing = await own.seed.signingKey(scene.tenantId);
    const token = await own.seed.token(scene.tenantId, 'ann');
    const headers = { 'parley-user': 'ann', 'idempotency-key': 'k1' };
    expect((await ask(own.url, 'POST', '/v1/rooms', { token: key.secret, headers, body: { kind: 'group' } })).status).toBe(201);
    expect((await browser.ask('POST', '/v1/admin/tokens', { body: { name: 'x' } })).status).toBe(201);
    const made = await browser.ask('POST', `/v1/admin/tenants/${scene.tenantId}/keys`, { body: { name: 'x' } });
    (await SocketUser.enter(own.url, token)).leave();
    const text = await dump();
    const secrets = {
      password: operator.password,
      'own password': 'a phrase that nobody stores',
      session: browser.cookie.split('=')[1] ?? 'none',
      csrf: browser.csrf,
      'access token': operator.token,
      'API key': key.secret,
      'API key made by hand': String(made.body.secret),
      'signing secret': signing.secret,
      'user token': token,
    };
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret.length, name).toBeGreaterThan(15);
      expect(text.includes(secret), name).toBe(false);
      expect(text.includes(Buffer.from(secret).toString('base64')), name).toBe(false);
      expect(text.includes(Buffer.from(secret).toString('hex')), name).toBe(false);
    }
    expect(text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(text).toContain(key.id);
    expect(own.bugs).toEqual([]);
    await own.close();
  });
});
