import { routeTable, type RouteName } from '@parley/protocol';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, askRoute } from '../testing/ask.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnPostgres, type PostgresServer } from '../testing/server-on-postgres.js';
import { SocketUser } from '../testing/socket-user.js';
import { RIGHTFUL_CALLS } from '../testing/walk.js';

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

const NUL = 'a\0b';
const HALF = 'a\ud800b';

/** Fields of a route, the optional ones too. */
function fieldsOf(name: RouteName): string[] {
  const { properties = {} } = z.toJSONSchema(routeTable.get(name)?.input ?? z.never(), { io: 'input', unrepresentable: 'any' });
  return Object.keys(properties);
}

describe('case 72: text that cannot be stored', () => {
  it.each(RIGHTFUL_CALLS)('%s refuses it in every field', async (name, { spec, args, token }) => {
    for (const field of fieldsOf(name)) {
      if (field === 'tenantId') continue;
      for (const bad of [NUL, HALF]) {
        for (const value of spec.method === 'GET' ? [bad] : [bad, [bad], { [bad]: bad }, { limits: { [bad]: 1 }, allowedOrigins: [bad] }]) {
          if (bad === HALF && spec.path.includes(`:${field}`)) continue;
          const { status, text } = await askRoute(server.url, spec, { ...args(scene), [field]: value }, { token: token(scene) });
          // A query cannot carry half a pair: it arrives as U+FFFD, which is text like any other.
          const isText = spec.method === 'GET' && bad === HALF;
          expect(status < 500 && (status >= 400 || isText), `${field} ${JSON.stringify(value)}: ${status} ${text}`).toBe(true);
        }
      }
    }
  });

  it('is refused at sign-in and in headers', async () => {
    for (const bad of [NUL, HALF]) {
      const signIn = await ask(server.url, 'POST', '/v1/admin/session', { body: { email: bad, password: bad } });
      expect(signIn.status).toBe(400);
    }
    const body = { kind: 'group', id: 'never' };
    for (const header of ['parley-user', 'idempotency-key']) {
      for (const value of ['x'.repeat(8_000), '\u00ff\u00fe'])
        expect((await ask(server.url, 'POST', '/v1/rooms', { token: scene.key, body, headers: { [header]: value } })).status, header).toBe(
          400,
        );
    }
  });

  it('a message takes no Idempotency-Key, since it carries its own for ever', async () => {
    const headers = { 'idempotency-key': 'k' };
    const body = { clientMessageId: 'never', text: 'x' };
    const sent = await ask(server.url, 'POST', '/v1/rooms/crew/messages', { token: scene.owner, body, headers });
    expect(sent.body).toMatchObject({ status: 400, code: 'validation-failed' });
  });

  it('is refused by commands', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    for (const bad of [NUL, HALF]) {
      for (const [command, payload] of [
        ['message.send', { roomId: 'crew', clientMessageId: 'x', text: bad }],
        ['message.send', { roomId: 'crew', clientMessageId: bad, text: 'x' }],
        ['message.send', { roomId: 'crew', clientMessageId: 'x', text: 'x', mentions: [bad] }],
        ['message.send', { roomId: 'crew', clientMessageId: 'x', text: 'x', metadata: { [bad]: 1 } }],
        ['room.create', { kind: 'group', name: bad }],
        ['room.create', { kind: 'group', image: `https://x.test/${bad}` }],
        ['room.get', { roomId: bad }],
        ['room.list', { q: bad }],
        ['room.list', { cursor: bad }],
        ['sync', { rooms: [{ roomId: bad, afterPts: 0 }] }],
      ] as const)
        expect((await ann.ask(command, payload)).error?.status, `${command} ${JSON.stringify(payload)}`).toBe(400);
    }
    ann.leave();
  });
});

const ODD: Readonly<Record<string, string>> = {
  'right to left': '\u202egnp.exe\u202c',
  zalgo: `Z${'\u0351'.repeat(500)}`,
  'zero width joiners': '👨‍👩‍👧‍👦'.repeat(50),
  'a byte order mark': '\ufeffhello',
  'composed and decomposed': 'é e\u0301',
  homographs: 'раураl',
  'controls and line ends': 'a\r\nb\tc\u0001\u001b[31md\u2028e',
  'mark-up and templates': '<script>alert(1)</script>{{7*7}}${7*7}%s%n',
  'the edge of Unicode': '\u{10ffff}\ufffe\uffff',
  'an SQL string': "'; DROP TABLE users; --\\",
};

describe('case 72: odd text that can be stored', () => {
  it.each(Object.entries(ODD))('%s comes back byte by byte, by every way', async (_, text) => {
    const clientMessageId = `odd-${Buffer.from(text).toString('base64url').slice(0, 60)}`;
    const metadata = { ключ: text, nested: [text] };
    const ann = await SocketUser.enter(server.url, scene.owner);
    const sent = await ask(server.url, 'POST', '/v1/rooms/crew/messages', {
      token: scene.owner,
      body: { clientMessageId, text, metadata },
    });
    expect(sent.status).toBe(201);
    const { id } = sent.body.message as { id: string };
    const fetched = await ask(server.url, 'GET', `/v1/rooms/crew/messages/${id}`, { token: scene.member });
    expect(fetched.body.message).toMatchObject({ text, metadata, clientMessageId });
    expect(Buffer.from((fetched.body.message as { text: string }).text)).toEqual(Buffer.from(text));
    expect((await ann.see('message.created', ({ data }) => data?.message?.id === id)).data?.message).toMatchObject({ text, metadata });
    ann.leave();
    const name = [...text].slice(0, 90).join('');
    const renamed = await ask(server.url, 'PATCH', '/v1/me', { token: scene.owner, body: { name, metadata } });
    expect(renamed.body.user).toMatchObject({ name, metadata });
    const found = await ask(server.url, 'GET', `/v1/users?q=${encodeURIComponent(name)}`, { token: scene.key });
    expect((found.body.items as { id: string }[]).map((user) => user.id)).toEqual(['ann']);
  });

  it('two names that look alike stay two', async () => {
    for (const name of ['é', 'e\u0301']) {
      const made = await ask(server.url, 'POST', '/v1/rooms', { token: scene.owner, body: { kind: 'group', name } });
      expect((made.body.room as { name: string }).name).toBe(name);
    }
  });
});

describe('case 66: SQL in places where words are looked for', () => {
  const ATTACKS = [
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    '%',
    '_',
    '%%',
    '\\',
    '\\%',
    "' UNION SELECT hash FROM api_keys --",
    '1;SELECT pg_sleep(5)',
    '$1',
    '":1',
    "a'||(SELECT 1/0)||'",
  ];

  it('finds what is called so, which is nothing', async () => {
    scene = await aScene(server);
    for (const attack of ATTACKS) {
      for (const path of [
        '/v1/users',
        '/v1/rooms',
        `/v1/admin/tenants/${scene.tenantId}/users`,
        `/v1/admin/tenants/${scene.tenantId}/rooms`,
        '/v1/admin/tenants',
      ]) {
        const token = path.startsWith('/v1/admin') ? scene.platformOwner : scene.key;
        const { status, body, text } = await ask(server.url, 'GET', `${path}?q=${encodeURIComponent(attack)}`, { token });
        expect([status, body.items], `${path} ${attack} ${text}`).toEqual([200, []]);
      }
      const audit = `/v1/admin/tenants/${scene.tenantId}/audit?action=${encodeURIComponent(attack)}`;
      expect((await ask(server.url, 'GET', audit, { token: scene.tenantAdmin })).body.items).toEqual([]);
    }
  });

  it('knows no order, sort or filter of the caller’s making', async () => {
    for (const query of ['sort=id', 'order=name;update users set name=1', 'orderBy=id', 'filter[$gt]=', 'q[$ne]=x', 'where=1', '$where=1'])
      expect((await ask(server.url, 'GET', `/v1/users?${encodeURI(query)}`, { token: scene.key })).status, query).toBe(400);
    for (const body of [{ name: { $ne: null } }, { 'name.$gt': '' }, { $set: { name: 'x' } }, { name: ['a', 'b'] }])
      expect((await ask(server.url, 'PATCH', '/v1/me', { token: scene.owner, body })).status, JSON.stringify(body)).toBe(400);
  });
});
