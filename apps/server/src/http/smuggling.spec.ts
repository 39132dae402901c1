import type { IncomingMessage, Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { RawHttp } from '../testing/raw-http.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
/** What the server took for requests. */
let seen: string[];
beforeAll(async () => {
  server = await serverOnMemory();
  scene = await aScene(server);
  const http = server.running.app.getHttpServer() as Server;
  http.prependListener('request', ({ method, url }: IncomingMessage) => void seen.push(`${method} ${url}`));
});
beforeEach(() => {
  seen = [];
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

/** What a front end that reads the same bytes differently would let through. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const post = (headers: string, body = ''): string =>
  `POST /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
const chunked = (chunks: string): string => post('Transfer-Encoding: chunked', chunks);

describe('case 101: requests that two readers may read in two ways', () => {
  const ODD: Readonly<Record<string, string>> = {
    'Content-Length and Transfer-Encoding': post('Content-Length: 5\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SMUGGLED}`),
    'Transfer-Encoding and Content-Length': post('Transfer-Encoding: chunked\r\nContent-Length: 100', `0\r\n\r\n${SMUGGLED}`),
    'two lengths': post('Content-Length: 0\r\nContent-Length: 44', SMUGGLED),
    'the same length twice': post('Content-Length: 2\r\nContent-Length: 2', `{}${SMUGGLED}`),
    'a list of lengths': post('Content-Length: 0, 44', SMUGGLED),
    'a length with a sign': post('Content-Length: +2', `{}${SMUGGLED}`),
    'a negative length': post('Content-Length: -1', SMUGGLED),
    'a length in hexadecimal': post('Content-Length: 0x2', `{}${SMUGGLED}`),
    'a length with a space inside': post('Content-Length: 1 2', SMUGGLED),
    'a length beyond counting': post('Content-Length: 18446744073709551617', SMUGGLED),
    'no length at all': post('Content-Length: ', SMUGGLED),
    'a coding that is not chunked last': post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${SMUGGLED}`),
    'a coding that is nearly chunked': post('Transfer-Encoding: xchunked', `0\r\n\r\n${SMUGGLED}`),
    'a coding in quotes': post('Transfer-Encoding: "chunked"', `0\r\n\r\n${SMUGGLED}`),
    'a coding with a tab in front of the colon': post('Transfer-Encoding\t: chunked', `0\r\n\r\n${SMUGGLED}`),
    'a coding with a space in front of the colon': post('Transfer-Encoding : chunked', `0\r\n\r\n${SMUGGLED}`),
    'a coding with a vertical tab': post('Transfer-Encoding: \u000bchunked', `0\r\n\r\n${SMUGGLED}`),
    'a coding in a folded line': post('Transfer-Encoding:\r\n chunked', `0\r\n\r\n${SMUGGLED}`),
    'a folded line': post('X-Folded: a\r\n b\r\nContent-Length: 0', SMUGGLED),
    'a first line that is folded': `POST /v1/rooms HTTP/1.1\r\n Host: x\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`,
    'line feeds only': `POST /v1/rooms HTTP/1.1\nHost: x\nContent-Length: 0\n\n${SMUGGLED}`,
    'a line feed in a header': post('X-A: b\nContent-Length: 44', SMUGGLED),
    'a carriage return in a header': post('X-A: b\rContent-Length: 44', SMUGGLED),
    'a NUL in a header': post('X-A: b\u0000c', SMUGGLED),
    'a name with a space': post('Content Length: 44', SMUGGLED),
    'a line without a colon': post('Content-Length', SMUGGLED),
    'no name': post(': 44', SMUGGLED),
    'a chunk whose size is no number': chunked(`x\r\n\r\n${SMUGGLED}`),
    'a chunk whose size has a prefix': chunked(`0x2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    'a chunk whose size has a space in front': chunked(` 2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    'a chunk whose size is beyond counting': chunked(`fffffffffffffffff\r\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    'a chunk that is longer than it says': chunked(`1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    'a chunk extension with a line feed': chunked(`2;a\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    'a chunk that ends with a line feed': chunked(`2\n{}\n0\n\n${SMUGGLED}`),
    'no version': `GET /v1/me\r\n\r\n${SMUGGLED}`,
    'a version to come': `GET /v1/me HTTP/1.2\r\nHost: x\r\n\r\n${SMUGGLED}`,
    'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SMUGGLED}`,
    'the greeting of TLS': `\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n${SMUGGLED}`,
  };

  it.each(Object.entries(ODD))('%s: 400, the end, and nothing behind is read', async (_, bytes) => {
    const raw = await RawHttp.open(server.url);
    raw.say(bytes);
    await raw.end();
    expect(raw.statuses.at(-1) ?? 'closed').toSatisfy((status) => status === 400 || status === 'closed');
    expect(raw.statuses.length).toBeLessThanOrEqual(1);
    expect(raw.statuses.every((status) => status === 400)).toBe(true);
    expect(seen.filter((request) => request.includes('smuggled'))).toEqual([]);
    if (raw.statuses.length > 0) expect(raw.text.toLowerCase()).toContain('application/problem+json');
  });

  it('chunk extensions are passed over up to a bound', async () => {
    const raw = await RawHttp.open(server.url);
    raw.say(chunked(`2;name=value\r\n{}\r\n0\r\n\r\n`));
    await until('an answer', () => raw.statuses.length > 0);
    expect(raw.statuses).toEqual([401]);
    raw.leave();
    const many = await RawHttp.open(server.url);
    many.say(chunked(`2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n${SMUGGLED}`));
    await many.end();
    expect(many.statuses).toEqual([413]);
    expect(seen.filter((request) => request.includes('smuggled'))).toEqual([]);
  });

  it('a request without a host is refused, and it is the last', async () => {
    const raw = await RawHttp.open(server.url);
    raw.say('GET /v1/me HTTP/1.1\r\n\r\n');
    await raw.end();
    expect(raw.statuses).toEqual([400]);
  });

  it('headers of more than 16 kB are refused', async () => {
    const raw = await RawHttp.open(server.url);
    raw.say(`GET /v1/me HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(3_000)}\r\n${SMUGGLED}`);
    await raw.end();
    expect(raw.statuses).toEqual([431]);
  });

  it('a body where none belongs is not the next request', async () => {
    const raw = await RawHttp.open(server.url);
    raw.say(
      `GET /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}GET /livez HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    await until('two answers, or the end', () => raw.statuses.length === 2 || raw.livedMs !== undefined);
    expect(seen.filter((request) => request.includes('smuggled'))).toEqual([]);
    expect(seen[0]).toBe('GET /v1/me');
    raw.leave();
  });

  it('what is behind a refused upgrade is not a request', async () => {
    for (const path of ['/nowhere', '/v1/me', '/socket.io/?EIO=3&transport=websocket']) {
      const raw = await RawHttp.open(server.url);
      raw.say(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${SMUGGLED}`);
      await raw.end();
      expect(raw.statuses.filter((status) => status < 400)).toEqual([]);
    }
    expect(seen.filter((request) => request.includes('smuggled'))).toEqual([]);
  });
});

describe('case 101: pipelining', () => {
  it('is answered in order, up to the request that is none', async () => {
    const raw = await RawHttp.open(server.url);
    const one = (index: number) =>
      `GET /v1/rooms/${index % 2 ? 'crew' : 'nowhere'} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scene.owner}\r\n\r\n`;
    raw.say(Array.from({ length: 500 }, (_, index) => one(index)).join(''));
    await until('all answers', () => raw.statuses.length === 500, 15_000);
    expect(raw.statuses).toEqual(Array.from({ length: 500 }, (_, index) => (index % 2 ? 200 : 404)));
    raw.say(`${one(1)}GET /v1/me HTTP/1.1\r\nbroken\r\n\r\n${SMUGGLED}`);
    await raw.end();
    expect(seen.at(-1)).toBe('GET /v1/rooms/crew');
  });

  it('of more than a client may ask is refused one by one', async () => {
    const small = await serverOnMemory({ commandsPerSecond: 5 });
    const own = await aScene(small);
    const raw = await RawHttp.open(small.url);
    raw.say(`GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${own.owner}\r\n\r\n`.repeat(300));
    await until('all answers', () => raw.statuses.length === 300, 15_000);
    const served = raw.statuses.filter((status) => status === 200).length;
    expect(served).toBeGreaterThanOrEqual(40);
    expect(served).toBeLessThan(120);
    expect(raw.statuses.filter((status) => status === 429)).toHaveLength(300 - served);
    raw.leave();
    await small.close();
  });
});

describe('case 101: many connections', () => {
  it('of which most say nothing do not keep others from being served', async () => {
    const idle = await Promise.all(Array.from({ length: 2_000 }, () => RawHttp.open(server.url)));
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(server.url, 'GET', '/v1/me', { token: scene.owner })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    for (const raw of idle) raw.leave();
  });
});
