import type { Server } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { settledHeapMB } from '../testing/heap.js';
import { RawHttp } from '../testing/raw-http.js';
import { aScene, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { until } from '../testing/until.js';

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

const connections = (): Promise<number> =>
  new Promise((done, fail) => {
    const http = server.running.app.getHttpServer() as Server;
    http.getConnections((error, count) => (error ? fail(error) : done(count)));
  });

describe('case 104: bodies that are larger than they look', () => {
  const ZEROS = Buffer.alloc(50_000_000, 0x20);
  const packed: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(ZEROS)],
    ['deflate', deflateSync(ZEROS)],
    ['br', brotliCompressSync(ZEROS)],
    ['gzip, gzip', gzipSync(gzipSync(ZEROS))],
    ['zstd', Buffer.from('KLUv/QQAAQAAmekzFQ==', 'base64')],
    ['x-gzip', gzipSync('{"kind":"group"}')],
    ['GZIP', gzipSync('{"kind":"group"}')],
    ['nonsense', Buffer.from('{"kind":"group"}')],
  ];

  it.each(packed)('%s is refused, and nothing is unpacked', async (encoding, raw) => {
    const before = settledHeapMB();
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
    const answer = await ask(server.url, 'POST', '/v1/rooms', { token: scene.owner, raw, headers });
    expect(answer.body).toMatchObject({ status: 415, code: 'unsupported-media-type', detail: 'the body must not be encoded' });
    expect(answer.headers['accept-encoding']).toBe('identity');
    expect(settledHeapMB() - before).toBeLessThan(10);
  });

  it('are refused before a credential is looked at, on every route, and identity is none', async () => {
    for (const path of ['/v1/rooms', '/v1/admin/session', '/v1/nothing', '/'])
      expect((await ask(server.url, 'POST', path, { raw: 'x', headers: { 'content-encoding': 'gzip' } })).status, path).toBe(415);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'identity' };
    expect((await ask(server.url, 'POST', '/v1/sync', { token: scene.owner, raw: '{"rooms":[]}', headers })).status).toBe(200);
  });

  it('are bytes to a poll’s post, which ends the session', async () => {
    const path = '/socket.io/?EIO=4&transport=polling';
    const opened = await ask(server.url, 'GET', path);
    const at = `${path}&sid=${(JSON.parse(opened.text.slice(1)) as { sid: string }).sid}`;
    const raw = gzipSync(ZEROS);
    await ask(server.url, 'POST', at, { raw, headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' } });
    await until('the end', async () => (await ask(server.url, 'GET', at)).status === 400);
  });
});

describe('case 103: uploads in parts', () => {
  const BOUNDARY = 'x-boundary';
  const part = (name: string) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\n\r\n`;
  const head = (type: string, length: number): string =>
    `POST /v1/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scene.owner}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

  it.each([
    [`multipart/form-data; boundary=${BOUNDARY}`, `${part('a')}x\r\n--${BOUNDARY}--`],
    ['multipart/form-data', part('a')],
    ['multipart/form-data; boundary=', '--\r\n\r\n--'],
    [`multipart/form-data; boundary=${'b'.repeat(5_000)}`, '--'],
    [`multipart/form-data; boundary="${BOUNDARY}`, part('__proto__')],
    [`multipart/mixed; boundary=${BOUNDARY}`, part('a').repeat(1_000)],
    [`MULTIPART/FORM-DATA; BOUNDARY=${BOUNDARY}`, part('a'.repeat(10_000))],
  ])('of %s are refused as what they are', async (type, raw) => {
    const answer = await ask(server.url, 'POST', '/v1/rooms', { token: scene.owner, raw, headers: { 'content-type': type } });
    expect(answer.body).toMatchObject({
      status: 415,
      code: 'unsupported-media-type',
      detail: 'the body must be application/json',
    });
  });

  it('broken off a thousand times leave nothing behind', async () => {
    const type = `multipart/form-data; boundary=${BOUNDARY}`;
    const abort = async (index: number): Promise<void> => {
      const raw = await RawHttp.open(server.url);
      raw.say(head(type, 1_000_000));
      raw.say(part('file') + 'x'.repeat(index % 3 === 0 ? 100 : 20_000));
      // Some leave at once, some when they were answered.
      if (index % 2 === 0) await until('an answer, or the end', () => raw.statuses.length > 0 || raw.livedMs !== undefined);
      if (raw.statuses.length > 0) expect(raw.statuses).toEqual([415]);
      raw.leave();
    };
    const all = async (many: number): Promise<void> => {
      for (let from = 0; from < many; from += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => abort(from + index)));
      await until('no connection is left', async () => (await connections()) === 0);
    };
    await all(100);
    const [heap, handles] = [settledHeapMB(), process.getActiveResourcesInfo().length];
    await all(1_000);
    expect(settledHeapMB() - heap).toBeLessThan(5);
    expect(process.getActiveResourcesInfo().length - handles).toBeLessThanOrEqual(5);
  });

  it('that go on after the refusal are not read to their end', async () => {
    const raw = await RawHttp.open(server.url);
    raw.say(head('multipart/form-data; boundary=x', 900_000_000));
    await until('an answer', () => raw.statuses.length > 0);
    expect(raw.statuses).toEqual([415]);
    expect(raw.text.toLowerCase()).toContain('connection: close');
    await raw.end();
  });
});
