import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { frameOf, type FrameOptions } from '../testing/frames.js';
import { settledHeapMB } from '../testing/heap.js';
import { bareSocket, RawSocket } from '../testing/raw-socket.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory({ tenantDefaults: { sendsPerSecond: 100_000, sendBurst: 100_000 } });
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

const count = (): number => server.sockets.engine.clientsCount;
interface Carrier {
  readonly transport: { readonly socket?: { readonly _socket?: { readonly writableLength: number } } };
}
/** Bytes that wait for the one who has most waiting. */
function mostWaiting(): number {
  const { clients } = server.sockets.engine as unknown as { readonly clients: Readonly<Record<string, Carrier>> };
  return Math.max(0, ...Object.values(clients).map(({ transport }) => transport.socket?._socket?.writableLength ?? 0));
}
/** The close code in the last frame the server sent (RFC 6455, 7.4.1). */
const codeOf = (received: Buffer): number => {
  const at = received.lastIndexOf(0x88);
  return received.readUInt16BE(at + 2);
};

describe('case 89: frames', () => {
  const close = async (bytes: Buffer): Promise<number> => {
    const bare = await bareSocket(server.url);
    bare.tcp.write(bytes);
    await until('the end', bare.ended);
    return codeOf(bare.received());
  };
  const odd: readonly (readonly [string, Buffer | string, FrameOptions, number])[] = [
    ['no mask', '40/chat,{}', { isMasked: false }, 1002],
    ['an extension that was not agreed on (a deflate bomb would be one)', '40/chat,{}', { reserved: 4 }, 1002],
    ['reserved bits', '40/chat,{}', { reserved: 1 }, 1002],
    ['an opcode that is none', '40/chat,{}', { opcode: 3 }, 1002],
    ['a control opcode that is none', '', { opcode: 11 }, 1002],
    ['a ping of 126 bytes', Buffer.alloc(126), { opcode: 9 }, 1002],
    ['a ping in pieces', 'x', { opcode: 9, isFinal: false }, 1002],
    ['a close of one byte', 'x', { opcode: 8 }, 1002],
    ['a close code that is none', Buffer.from([0x03, 0xec]), { opcode: 8 }, 1002],
    ['a continuation of nothing', 'x', { opcode: 0 }, 1002],
    ['a length of 1 MB and a byte, of which nothing comes', '', { length: 1_000_001 }, 1009],
    ['a length of 2^53', '', { length: 2 ** 53 }, 1009],
  ];
  it.each(odd)('with %s end the connection', async (_, payload, options, code) => {
    expect(await close(frameOf(payload, options))).toBe(code);
  });

  it('a message begun before the last one ended ends the connection', async () => {
    expect(await close(Buffer.concat([frameOf('4', { isFinal: false }), frameOf('0')]))).toBe(1002);
  });

  it('in many pieces are one message up to a bound, and cost no memory beyond it', async () => {
    const few = await bareSocket(server.url);
    const packet = `40/chat,${JSON.stringify({ token: scene.owner })}`;
    for (const [index, letter] of [...packet].entries())
      few.tcp.write(frameOf(letter, { opcode: index === 0 ? 1 : 0, isFinal: index === packet.length - 1 }));
    await until('session.ready', () => few.received().includes('session.ready'));
    few.tcp.destroy();
    // CVE-2026-48779: a byte a frame costs a hundred in memory, and never adds up to 1 MB.
    const before = settledHeapMB();
    const crumbs = Buffer.concat(Array.from({ length: 20_000 }, () => frameOf('a', { opcode: 0, isFinal: false })));
    const codes = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const bare = await bareSocket(server.url);
        bare.tcp.write(Buffer.concat([frameOf('4', { isFinal: false }), crumbs]));
        await until('the end', bare.ended, 10_000);
        return codeOf(bare.received());
      }),
    );
    expect(new Set(codes)).toEqual(new Set([1008]));
    expect(settledHeapMB() - before).toBeLessThan(20);
  });

  it('that ask for compression are not given it', async () => {
    const bare = await bareSocket(server.url, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n');
    expect(bare.received().toString('latin1').toLowerCase()).not.toContain('sec-websocket-extensions');
    bare.tcp.destroy();
  });
});

describe('G20: a client that asks and does not read', () => {
  it('is cut off before its answers fill the memory', async () => {
    const text = 'x'.repeat(4_000);
    for (let index = 0; index < 200; index += 1) await server.seed.send(scene.tenantId, 'ann', 'crew', `${text}${index}`.slice(-4_000));
    const greedy = await bareSocket(server.url);
    greedy.frame(Buffer.from(`40/chat,${JSON.stringify({ token: scene.owner })}`), 1);
    await until('session.ready', () => greedy.received().includes('session.ready'));
    greedy.tcp.pause();
    const sync = frameOf(`42/chat,1["sync",{"rooms":[{"roomId":"crew","afterPts":0}]}]`);
    const others = count() - 1;
    let most = 0;
    await until(
      'the end',
      () => {
        greedy.tcp.write(sync);
        most = Math.max(most, mostWaiting());
        return count() === others;
      },
      20_000,
    );
    greedy.tcp.destroy();
    // One answer of 900 kB beyond what may wait.
    expect(most).toBeLessThan(2_500_000);
  });
});

describe('case 96: polling', () => {
  const path = '/socket.io/?EIO=4&transport=polling';
  async function open(): Promise<string> {
    const { text } = await ask(server.url, 'GET', path);
    return `${path}&sid=${(JSON.parse(text.slice(1)) as { sid: string }).sid}`;
  }
  const post = (at: string, raw: string, type = 'text/plain') => ask(server.url, 'POST', at, { raw, headers: { 'content-type': type } });

  it('two polls at once end the session', async () => {
    const at = await open();
    const first = ask(server.url, 'GET', at);
    await until('the first waits', () => count() > 0);
    const second = await until('a refusal', async () => {
      const { status } = await ask(server.url, 'GET', at);
      return status === 400 && status;
    });
    expect(second).toBe(400);
    await first.catch(() => undefined);
    await until('the session is gone', async () => (await ask(server.url, 'GET', at)).status === 400);
  });

  it('two posts at once end the session', async () => {
    const at = await open();
    const { hostname, port } = new URL(server.url);
    const half = (length: number) =>
      `POST ${at} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n40/chat`;
    const slow = await rawRequest(half(100));
    const second = await until('a refusal', async () => {
      const { status } = await post(at, '40/chat,{}');
      return status === 400 && status;
    });
    expect(second).toBe(400);
    slow.destroy();
  });

  it('takes a thousand packets in a post, and no packet that is none', async () => {
    const at = await open();
    expect((await post(at, `40/chat,${JSON.stringify({ token: scene.owner })}`)).status).toBe(200);
    await until('session.ready', async () => (await ask(server.url, 'GET', at)).text.includes('session.ready'));
    const many = Array.from({ length: 1_000 }, (_, index) => `42/chat,${index}["room.get",{"roomId":"crew"}]`).join('\u001e');
    expect((await post(at, many)).status).toBe(200);
    expect((await ask(server.url, 'GET', at)).text).toContain('43/chat,0');
    expect((await post(at, '42/chat,["x"', 'application/octet-stream')).status).toBe(400);
    expect((await ask(server.url, 'GET', at)).status).toBe(400);
    const other = await open();
    await post(other, 'bAAAA');
    await until('the end', async () => (await ask(server.url, 'GET', other)).status === 400);
    for (const method of ['PUT', 'DELETE', 'HEAD', 'PATCH']) expect((await ask(server.url, method, await open())).status, method).toBe(400);
  });

  it('closes a session whose poll breaks off', async () => {
    const before = count();
    const at = await open();
    const { hostname, port } = new URL(server.url);
    const poll = await rawRequest(`GET ${at} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    await until('the poll waits', () => count() === before + 1);
    poll.end();
    poll.destroy();
    await until('the session is gone', () => count() === before);
  });

  async function rawRequest(text: string): Promise<Socket> {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((done) => socket.write(text, done));
    return socket;
  }
});

describe('case 89: while all of this is tried', () => {
  it('others are served', async () => {
    const bo = await SocketUser.enter(server.url, scene.member);
    const wild = await Promise.all(Array.from({ length: 20 }, () => RawSocket.open(server.url)));
    for (const raw of wild) raw.send('a'.repeat(1_000_001));
    for (const raw of wild) expect(await raw.end()).toBe(1009);
    expect((await bo.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
    bo.leave();
  });
});
