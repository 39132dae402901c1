import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Question } from '../testing/ask.js';
import { aScene, platformRows, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';

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

const post = (path: string, question: Question) => ask(server.url, 'POST', path, { token: scene.owner, ...question });
const raw = (text: string | Buffer, path = '/v1/rooms/crew/messages') =>
  post(path, { raw: text, headers: { 'content-type': 'application/json' } });

describe('case 70: names that reach for prototypes', () => {
  const POLLUTION = [
    '{"__proto__":{"polluted":true},"clientMessageId":"x","text":"x"}',
    '{"constructor":{"prototype":{"polluted":true}},"clientMessageId":"x","text":"x"}',
    '{"clientMessageId":"x","text":"x","metadata":{"__proto__":{"polluted":true}}}',
    '{"clientMessageId":"x","text":"x","metadata":{"a":{"constructor":{"prototype":{"polluted":true}}}}}',
    '{"clientMessageId":"x","text":"x","metadata":{"a":[{"__proto__":null}]}}',
    '{"clientMessageId":"x","text":"x","metadata":{"prototype":1}}',
  ];

  it.each(POLLUTION)('%s is refused', async (text) => {
    expect((await raw(text)).body).toMatchObject({ status: 400, code: 'validation-failed' });
    const ann = await SocketUser.enter(server.url, scene.owner);
    const payload: unknown = JSON.parse(text.replace('{', '{"roomId":"crew",'));
    expect((await ann.ask('message.send', payload)).error).toMatchObject({ status: 400 });
    ann.leave();
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  it('is refused in queries and other bodies', async () => {
    for (const query of ['__proto__=1', '__proto__[polluted]=1', 'constructor[prototype][polluted]=1'])
      expect((await ask(server.url, 'GET', `/v1/users?${query}`, { token: scene.key })).status, query).toBe(400);
    const settings = '{"kind":"group","settings":{"__proto__":{"muted":true}}}';
    expect((await raw(settings, '/v1/rooms')).status).toBe(400);
    const tenant = { token: scene.platformOwner, headers: { 'content-type': 'application/json' } };
    const platform = platformRows(server.db);
    const patch = await ask(server.url, 'PATCH', `/v1/admin/tenants/${scene.tenantId}`, {
      ...tenant,
      raw: '{"settings":{"__proto__":{"firstSight":false}}}',
    });
    expect(patch.status).toBe(400);
    expect(platformRows(server.db)).toBe(platform);
    expect({}).not.toHaveProperty('muted');
  });
});

describe('case 71: too deep, too many, too much', () => {
  const deep = (depth: number, open: string, close: string) =>
    `{"clientMessageId":"x","text":"x","metadata":${open.repeat(depth)}1${close.repeat(depth)}}`;
  /**
   * Of the processor, so that other work on the machine does not count; asking costs as much as answering here. Far above
   * the 50 ms promised to a server of its own, far below what a bad algorithm would take.
   */
  const SOON_MS = 700;
  const spentMs = (since: NodeJS.CpuUsage): number => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1_000;
  };

  it.each([
    ['10,000 objects deep', deep(10_000, '{"a":', '}'), 400],
    ['100,000 lists deep', deep(100_000, '[', ']'), 400],
    ['100,000 lists deep and never closed', deep(100_000, '[', ''), 400],
    [
      '100,000 names',
      `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join()}}`.slice(0, 990_000).replace(/,[^,]*$/, '}'),
      400,
    ],
    [
      '90,000 names in metadata',
      `{"clientMessageId":"x","text":"x","metadata":{${Array.from({ length: 90_000 }, (_, index) => `"${index}":0`).join()}}}`,
      400,
    ],
    ['a long text', `{"clientMessageId":"x","text":"${'a'.repeat(900_000)}"}`, 400],
    ['5 MB', `{"text":"${'a'.repeat(5_000_000)}"}`, 413],
  ])('%s is refused soon', async (_, text, status) => {
    const began = process.cpuUsage();
    const answer = await raw(text).catch((error: NodeJS.ErrnoException) => ({ status: error.code }));
    expect(spentMs(began)).toBeLessThan(SOON_MS);
    // Who is still sending when it is refused may see the connection end before the answer.
    expect([status, ...(status === 413 ? ['EPIPE', 'ECONNRESET'] : [])]).toContain(answer.status);
    expect((await ask(server.url, 'GET', '/livez')).status).toBe(200);
  });

  it('says it is too large before it is read', async () => {
    const answer = await post('/v1/rooms', { headers: { 'content-type': 'application/json', 'content-length': '5000000' }, raw: '' }).catch(
      (error: NodeJS.ErrnoException) => ({ status: error.code, body: {} }),
    );
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-large', status: 413 } });
  });
});

describe('case 73: numbers', () => {
  it.each(['9007199254740993', '1e400', '-1e400', '1.5', '-1', '"1"', 'null', '[1]', '{}', 'true'])('%s is no position', async (seq) => {
    expect((await raw(`{"kind":"read","seq":${seq}}`, '/v1/rooms/crew/receipts')).status).toBe(400);
    expect((await raw(`{"rooms":[{"roomId":"crew","afterPts":${seq}}]}`, '/v1/sync')).status).toBe(400);
    expect((await raw(`{"userPts":${seq},"rooms":[]}`, '/v1/sync')).status).toBe(400);
  });

  it('minus nothing is nothing', async () => {
    const answer = await raw('{"rooms":[{"roomId":"crew","afterPts":-0}]}', '/v1/sync');
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/:-0[,}]/);
  });

  it.each(['9007199254740993', '1e400', '-1', '1.5', 'NaN', '0x10', ''])('%s is no position in a query', async (value) => {
    for (const name of ['afterSeq', 'beforeSeq', 'aroundSeq'])
      expect((await ask(server.url, 'GET', `/v1/rooms/crew/messages?${name}=${value}`, { token: scene.owner })).status).toBe(400);
    for (const name of ['afterPts', 'epoch'])
      expect((await ask(server.url, 'GET', `/v1/rooms/crew/events?${name}=${value}`, { token: scene.owner })).status).toBe(400);
  });
});

describe('case 74: bytes that are no text', () => {
  const around = (bytes: number[]) =>
    Buffer.concat([Buffer.from('{"clientMessageId":"x","text":"'), Buffer.from(bytes), Buffer.from('"}')]);

  it.each([
    ['a lone continuation', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a pair', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['Latin-1', [0xe9]],
  ])('%s is refused', async (_, bytes) => {
    expect((await raw(around(bytes))).body).toMatchObject({ status: 400, code: 'validation-failed' });
  });

  it('UTF-16 and no JSON at all are refused', async () => {
    for (const text of [
      Buffer.from('{"a":1}', 'utf16le'),
      '{',
      '',
      'null',
      '[]',
      '"x"',
      '7',
      '{"a":1}{',
      "{'a':1}",
      '{"a":1,}',
      '// x\n{}',
      '{"text":"a\nb"}',
    ])
      expect((await raw(text)).status, String(text)).toBe(400);
  });

  it('only JSON is a body', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'text/json',
      'application/json-patch+json',
      '',
    ])
      expect((await post('/v1/rooms', { raw: '{"kind":"group"}', headers: { 'content-type': type } })).body, type).toMatchObject({
        status: 415,
        code: 'unsupported-media-type',
        detail: 'the body must be application/json',
      });
    expect((await post('/v1/rooms/crew/receipts', { raw: '', headers: { 'content-type': 'application/json' } })).status).toBe(400);
  });
});
