import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EgressOutcome, EgressRequest } from '@parley/domain';
import { afterEach, describe, expect, it } from 'vitest';
import { Destinations } from './destinations.js';
import { HttpEgress, type HttpEgressOptions } from './http-egress.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

async function listening(server: Server | ReturnType<typeof createTcpServer>, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((done) => server.listen(0, host, done));
  open.push(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A receiver on this machine; what it was asked is kept. */
async function receiver(answer: RequestListener): Promise<{ readonly port: number; readonly asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const port = await listening(
    createServer((request, response) => {
      asked.push(request);
      request.resume();
      answer(request, response);
    }),
    '0.0.0.0',
  );
  return { port, asked };
}

function egress(options: Partial<HttpEgressOptions> = {}): HttpEgress {
  const destinations = new Destinations({ networks: ['127.0.0.0/8'] });
  const made = new HttpEgress({ destinations, userAgent: 'Parley/test', ...options });
  open.push(() => made.close());
  return made;
}

const post = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"a":"ü"}',
  timeoutMs: 3_000,
  ...more,
});

/** A DNS server that answers a question with the next of these sets of addresses; the last one stays. */
async function nameServer(...answers: readonly (readonly string[])[]): Promise<(name: string) => Promise<LookupAddress[]>> {
  const left = [...answers];
  const socket: UdpSocket = createSocket('udp4', (question, from) => {
    const addresses = (left.length > 1 ? left.shift() : left[0]) ?? [];
    const end = question.indexOf(0, 12) + 5;
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt16BE(0, 10);
    const records = addresses.map((address) => Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]));
    socket.send(Buffer.concat([header, question.subarray(12, end), ...records]), from.port, from.address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  open.push(() => socket.close());
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return async (name) => (await resolver.resolve4(name)).map((address) => ({ address, family: 4 }));
}

const reasonOf = (outcome: EgressOutcome): string => (outcome.kind === 'failed' ? outcome.reason : `answered ${outcome.status}`);

describe('a request', () => {
  it('says what it was told to say and nothing of the house', async () => {
    let body = '';
    const { port, asked } = await receiver((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => response.end('thanks'));
    });
    const outcome = await egress().send(post(`http://127.0.0.1:${port}/hook?a=1`, { headers: { 'webhook-id': 'msg_1' } }));
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, body: 'thanks', isCut: false });
    expect(body).toBe('{"a":"ü"}');
    expect([asked[0]?.method, asked[0]?.url]).toEqual(['POST', '/hook?a=1']);
    expect(asked[0]?.headers).toEqual({
      'accept-encoding': 'identity',
      'user-agent': 'Parley/test',
      'content-length': '10',
      'webhook-id': 'msg_1',
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
    });
  });

  it('keeps its connection for the next', async () => {
    const { port, asked } = await receiver((_, response) => response.end());
    const out = egress();
    for (let n = 0; n < 3; n += 1) await out.send(post(`http://127.0.0.1:${port}/`));
    expect(new Set(asked.map(({ socket }) => socket.remotePort)).size).toBe(1);
  });

  it('is sent again where a kept connection was closed meanwhile', async () => {
    const { port, asked } = await receiver((request, response) => {
      response.end('ok');
      // As a server does whose patience with idle connections ends right now.
      if (asked.length === 1) request.socket.once('data', () => request.socket.resetAndDestroy());
    });
    const out = egress();
    expect(reasonOf(await out.send(post(`http://127.0.0.1:${port}/`)))).toBe('answered 200');
    expect(reasonOf(await out.send(post(`http://127.0.0.1:${port}/`)))).toBe('answered 200');
  });

  it('does not follow a redirect', async () => {
    const inner = await receiver((_, response) => response.end('inside'));
    const { port } = await receiver((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/` }).end());
    expect(await egress().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({ kind: 'answered', status: 302 });
    expect(inner.asked).toEqual([]);
  });

  it('tells when it may come again', async () => {
    const { port } = await receiver((_, response) => response.writeHead(429, { 'retry-after': '17' }).end());
    expect(await egress().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({ status: 429, retryAfter: '17' });
  });
});

describe('an answer', () => {
  it('is kept in its beginning only, and read no further than 64 kB', async () => {
    let written = 0;
    const { port } = await receiver((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000))) written += 10_000;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const outcome = await egress().send(post(`http://127.0.0.1:${port}/`));
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, isCut: true, body: 'x'.repeat(4_096) });
    // What the sockets hold, and no endless stream.
    expect(written).toBeLessThan(20_000_000);
  });

  it('stands with its status where its body does not end', async () => {
    const { port } = await receiver((_, response) => response.writeHead(200).write('begun'));
    const outcome = await egress().send(post(`http://127.0.0.1:${port}/`, { timeoutMs: 300 }));
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, body: 'begun', isCut: true });
    expect(outcome.tookMs).toBeLessThan(2_000);
  });

  it('is not unpacked', async () => {
    const bomb = Buffer.from('H4sIAAAAAAAAA0tMTEwEAEXlmK0EAAAA', 'base64');
    const { port } = await receiver((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect(await egress().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({ status: 200, body: bomb.toString('utf8') });
  });

  it('that does not come in time is a timeout, also when it trickles', async () => {
    const { port } = await receiver(() => undefined);
    const trickling = createTcpServer((socket) => {
      const timer = setInterval(() => socket.write('H'), 20);
      socket.on('error', () => undefined).on('close', () => clearInterval(timer));
    });
    for (const url of [`http://127.0.0.1:${port}/`, `http://127.0.0.1:${await listening(silent())}/`])
      expect(reasonOf(await egress().send(post(url, { timeoutMs: 300 }))), url).toBe('timeout');
    expect(reasonOf(await egress().send(post(`http://127.0.0.1:${await listening(trickling)}/`, { timeoutMs: 300 })))).toBe('malformed');
  });

  it('that is none says which kind of trouble it is', async () => {
    const refused = await listening(createTcpServer());
    open.pop()?.();
    const reset = await listening(createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const nonsense = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')));
    const long = await listening(createTcpServer((socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(50_000)}\r\n\r\n`)));
    const out = egress();
    const reasons = await Promise.all(
      [refused, reset, nonsense, long].map(async (port) => reasonOf(await out.send(post(`http://127.0.0.1:${port}/`)))),
    );
    expect(reasons).toEqual(['refused', 'reset', 'malformed', 'malformed']);
    expect(reasonOf(await out.send(post('http://nobody.invalid/')))).toBe('unresolved');
  });
});

const silent = (): ReturnType<typeof createTcpServer> => createTcpServer((socket) => socket.on('error', () => undefined).resume());

describe('an address', () => {
  const only = (address: string): Destinations => new Destinations({ networks: [`${address}/32`] });

  it('is checked when it is connected to: a name that turns inward is blocked (case 107)', async () => {
    const reached: (string | undefined)[] = [];
    const { port } = await receiver(({ socket }, response) => {
      reached.push(socket.localAddress);
      response.writeHead(200, { connection: 'close' }).end();
    });
    const resolve = await nameServer(['127.0.0.2'], ['127.0.0.1']);
    const out = egress({ destinations: only('127.0.0.2'), resolve });
    const url = `http://hooks.example.com:${port}/`;
    expect(reasonOf(await out.send(post(url)))).toBe('answered 200');
    expect(reasonOf(await out.send(post(url)))).toBe('blocked');
    expect(reached).toEqual(['127.0.0.2']);
  });

  it('is blocked beside an open one', async () => {
    const { port, asked } = await receiver((_, response) => response.end());
    for (const addresses of [
      ['127.0.0.2', '127.0.0.1'],
      ['127.0.0.1', '127.0.0.2'],
    ]) {
      const out = egress({ destinations: only('127.0.0.2'), resolve: await nameServer(addresses) });
      expect(reasonOf(await out.send(post(`http://hooks.example.com:${port}/`)))).toBe('blocked');
    }
    expect(asked).toEqual([]);
  });

  it('that is closed is not asked, and its trouble tells nothing of what is there', async () => {
    const { port, asked } = await receiver((_, response) => response.end());
    const out = egress({ destinations: new Destinations() });
    const there = await out.send(post(`http://127.0.0.1:${port}/`));
    const nobody = await out.send(post('http://127.0.0.1:9999/'));
    expect([there, nobody].map((outcome) => (outcome.kind === 'failed' ? [outcome.reason, outcome.detail] : outcome))).toEqual(
      [0, 1].map(() => ['blocked', 'must be an address of the public internet']),
    );
    expect(asked).toEqual([]);
  });
});

describe('a proxy', () => {
  it('is where everything leaves', async () => {
    const { port } = await receiver((_, response) => response.end('through'));
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      request.resume();
      response.end('by the proxy');
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const out = egress({ proxyUrl: `http://127.0.0.1:${await listening(proxy)}` });
    expect(await out.send(post('http://hooks.example.com/a'))).toMatchObject({ status: 200, body: 'by the proxy' });
    expect((await out.send(post('https://hooks.example.com/b'))).kind).toBe('failed');
    expect(asked).toEqual(['http://hooks.example.com/a', 'CONNECT hooks.example.com:443']);
    expect(
      reasonOf(await egress({ proxyUrl: 'http://127.0.0.1:9', destinations: new Destinations() }).send(post(`http://10.0.0.1:${port}/`))),
    ).toBe('blocked');
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenssl)('a certificate', () => {
  function certificate(): { readonly key: string; readonly cert: string } {
    const folder = mkdtempSync(join(tmpdir(), 'parley-egress-'));
    open.push(() => rmSync(folder, { recursive: true, force: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=hooks.example.com', '-addext', 'subjectAltName=DNS:hooks.example.com'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...curve, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  it('that nobody vouches for is refused, and one of an authority the operator named is not (case 113)', async () => {
    const { key, cert } = certificate();
    let asked = 0;
    const server = createTlsServer({ key, cert }, (_, response) => {
      asked += 1;
      response.end('safe');
    });
    const port = await listening(server);
    const resolve = await nameServer(['127.0.0.1']);
    const url = `https://hooks.example.com:${port}/`;
    const stranger = await egress({ resolve }).send(post(url));
    expect(stranger).toMatchObject({ kind: 'failed', reason: 'tls' });
    expect(asked).toBe(0);
    expect(await egress({ resolve, extraCa: cert }).send(post(url))).toMatchObject({ status: 200, body: 'safe' });
    const other = await egress({ resolve, extraCa: cert }).send(post(`https://other.example.com:${port}/`));
    expect(other).toMatchObject({ kind: 'failed', reason: 'tls' });
  });
});
