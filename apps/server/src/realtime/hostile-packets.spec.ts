import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.js';
import { bareSocket, RawSocket } from '../testing/raw-socket.js';
import { aScene, rowsOf, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
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

const SEND = JSON.stringify(['message.send', { roomId: 'crew', clientMessageId: 'never', text: 'never' }]);
/** Somebody else is served as if nothing had happened. */
async function expectAlive(): Promise<void> {
  const bo = await SocketUser.enter(server.url, scene.member);
  expect((await bo.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
  bo.leave();
}

describe('case 83: namespaces', () => {
  it('are two, and no attempt makes another', async () => {
    const { _nsps: namespaces } = server.sockets;
    const before = [...namespaces.keys()];
    expect(before).toEqual(['/', '/chat', '/admin']);
    for (let round = 0; round < 10; round += 1) {
      const evil = await RawSocket.open(server.url);
      const names = Array.from({ length: 20 }, (_, index) => `/evil-${round}-${index}`);
      for (const name of names) evil.send(`40${name},${JSON.stringify({ token: scene.owner })}`);
      for (const name of names) await evil.see((packet) => packet.startsWith(`44${name},`));
      evil.leave();
    }
    const raw = await RawSocket.open(server.url);
    raw.send(`40${JSON.stringify({ token: scene.owner })}`);
    expect(await raw.see((packet) => packet.startsWith('44{'))).toContain('not-found');
    for (const odd of ['/chat/', '/CHAT', '/chat/x', '//chat', '/chat?token=x', '/__proto__', '/constructor']) raw.send(`40${odd},{}`);
    await raw.see((packet) => packet.startsWith('44/constructor,'));
    expect([...namespaces.keys()]).toEqual(before);
    raw.leave();
  });
});

describe('case 86: who has not been let in', () => {
  it('says nothing: the connection ends', async () => {
    const raw = await RawSocket.open(server.url);
    raw.send(`42/chat,1${SEND}`);
    await raw.end();
    expect(raw.packets.some((packet) => packet.startsWith('43'))).toBe(false);
  });

  it('says nothing while its token is looked at', async () => {
    const raw = await RawSocket.open(server.url);
    raw.send(`40/chat,${JSON.stringify({ token: scene.owner })}`);
    raw.send(`42/chat,1${SEND}`);
    await raw.end();
    expect(raw.packets.some((packet) => packet.startsWith('43'))).toBe(false);
  });

  it('says nothing after it was refused, and nothing on the namespace it is not on', async () => {
    const refused = await RawSocket.open(server.url);
    refused.send('40/chat,{"token":"a.b.c"}');
    await refused.see((packet) => packet.startsWith('44/chat'));
    refused.send(`42/chat,1${SEND}`);
    await refused.end();
    const elsewhere = await RawSocket.enter(server.url, scene.owner);
    elsewhere.send('42/admin,1["room.unwatch",{}]');
    await elsewhere.end();
    expect([...refused.packets, ...elsewhere.packets].some((packet) => packet.startsWith('43'))).toBe(false);
  });
});

describe('case 89: size', () => {
  it('a frame of 1 MB and a byte ends the connection, a smaller one is only refused', async () => {
    const raw = await RawSocket.enter(server.url, scene.owner);
    raw.send(`42/chat,1["message.send",{"text":"${'a'.repeat(900_000)}"}]`);
    expect(await raw.see((packet) => packet.startsWith('43/chat,1'))).toContain('validation-failed');
    raw.send('a'.repeat(1_000_001));
    expect(await raw.end()).toBe(1009);
  });

  it('a body of 1 MB and a byte by polling is refused', async () => {
    const open = await ask(server.url, 'GET', '/socket.io/?EIO=4&transport=polling');
    const { sid } = JSON.parse(open.text.slice(1)) as { sid: string };
    const sent = await ask(server.url, 'POST', `/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      raw: 'a'.repeat(1_000_001),
      headers: { 'content-type': 'text/plain' },
    }).then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(sent);
  });

  it('eleven attachments end the connection, and one is no command’s', async () => {
    const raw = await RawSocket.enter(server.url, scene.owner);
    raw.send('4511-/chat,1["message.send",{"_placeholder":true,"num":0}]');
    await raw.end();
    const one = await RawSocket.enter(server.url, scene.owner);
    one.send('451-/chat,1["message.send",{"roomId":"crew","clientMessageId":"x","text":{"_placeholder":true,"num":0}}]');
    one.send(new Uint8Array([1, 2, 3]));
    expect(await one.see((packet) => packet.startsWith('43/chat,1'))).toContain('validation-failed');
    one.leave();
  });
});

describe('case 90: packets that are none', () => {
  it('end their own connection and no other', async () => {
    const odd = [
      '9',
      '4',
      '49',
      '42',
      '42/chat',
      '42/chat,',
      '42/chat,{}',
      '42/chat,[]',
      '42/chat,[1]',
      '42/chat,[{}]',
      '42/chat,[null]',
      '42/chat,["message.send"',
      '43/chat,',
      '43/chat,99999999999["x"]',
      '45/chat,',
      '451-/chat,["x"]',
      '46/chat,1[]',
      '40/chat,7',
      '40/chat,[]',
      '40/chat,"x"',
      '44/chat,"x"',
      '\u0000',
      '42/chat,1e9["message.send",{}]',
      '6',
      '5',
      '2probe',
      '42/chat,["__proto__",{}]',
      '42/chat,1["toString",{}]',
      '42/chat,1["constructor",{}]',
    ];
    for (const packet of odd) {
      const raw = await RawSocket.enter(server.url, scene.owner);
      raw.send(packet);
      raw.send(new Uint8Array([4, 2, 0, 255]));
      raw.send('42/chat,7["room.get",{"roomId":"crew"}]');
      await until(
        `an answer or the end after ${packet}`,
        () => raw.closed !== undefined || raw.packets.some((one) => one.startsWith('43/chat,7')),
      );
      raw.leave();
    }
    await expectAlive();
  });

  it('case 74: a text frame that is no UTF-8 is closed with 1007', async () => {
    const bare = await bareSocket(server.url);
    bare.frame(Buffer.from([0x34, 0x30, 0xc3, 0x28]), 1);
    await until('the end', bare.ended);
    expect(bare.received().subarray(-2).readUInt16BE()).toBe(1007);
    await expectAlive();
  });
});

describe('case 91: commands that are called wrongly', () => {
  const acked = async (packet: string, id: string) => {
    const raw = await RawSocket.enter(server.url, scene.owner);
    raw.send(packet);
    const answer = await raw.see((one) => one.startsWith(`43/chat,${id}`));
    raw.leave();
    return JSON.parse(answer.slice(`43/chat,${id}`.length)) as [{ ok: boolean; error: { code: string; status: number } }];
  };

  it.each(['null', '[]', '[1]', '"text"', '7', 'true', '{}', '{"roomId":null}', '{"roomId":{}}', '{"roomId":["crew"]}', '{"roomId":7}'])(
    '%s is an error ack',
    async (payload) => {
      expect(await acked(`42/chat,1["room.get",${payload}]`, '1')).toMatchObject([{ ok: false, error: { code: 'validation-failed' } }]);
    },
  );

  it('no payload, two payloads and a huge ack id are an ack', async () => {
    expect(await acked('42/chat,1["room.get"]', '1')).toMatchObject([{ ok: false, error: { code: 'validation-failed' } }]);
    expect(await acked('42/chat,1["room.get",{"roomId":"crew"},{}]', '1')).toMatchObject([
      { ok: false, error: { code: 'validation-failed' } },
    ]);
    expect(await acked('42/chat,1000000000["room.get",{"roomId":"crew"}]', '1000000000')).toMatchObject([{ ok: true }]);
    expect(await acked('42/chat,1["no.such",{}]', '1')).toMatchObject([{ ok: false, error: { code: 'not-found' } }]);
  });

  it('without an ack they are done, or refused, in silence', async () => {
    const raw = await RawSocket.enter(server.url, scene.owner);
    raw.send('42/chat,["session.state",{"state":"background"}]');
    raw.send('42/chat,["room.get",null]');
    raw.send('42/chat,["no.such"]');
    raw.send('42/chat,2["session.state",{"state":"active"}]');
    expect(await raw.see((packet) => packet.startsWith('43/chat,2'))).toContain('"ok":true');
    expect(raw.packets.filter((packet) => packet.startsWith('43'))).toHaveLength(1);
    raw.leave();
  });
});

describe('case 92: names that are not the client’s', () => {
  it.each(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])(
    '%s ends the connection',
    async (name) => {
      const raw = await RawSocket.enter(server.url, scene.owner);
      raw.send(`42/chat,1["${name}",{}]`);
      await raw.end();
      expect(raw.packets.some((packet) => packet.startsWith('43/chat,1'))).toBe(false);
    },
  );

  it('an ack nobody asked for and an event of the server’s own do nothing', async () => {
    const [raw, bo] = [await RawSocket.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.member)];
    raw.send('43/chat,0[{"ok":true}]');
    for (const name of ['error', 'message.created', 'session.ended', 'room.head', 'join', 'leave'])
      raw.send(`42/chat,5["${name}",{"roomId":"crew"}]`);
    await until(
      'six refusals',
      () => raw.packets.filter((packet) => packet.startsWith('43/chat,5') && packet.includes('not-found')).length === 6,
    );
    expect(bo.told).toEqual(['session.ready']);
    raw.leave();
    bo.leave();
  });
});

describe('case 93: rooms by their inner names', () => {
  it('are not there', async () => {
    const [ann, bo] = [await SocketUser.enter(server.url, scene.owner), await SocketUser.enter(server.url, scene.member)];
    const no = server.db.space(scene.tenantId).roomNos.get('crew');
    const otherNo = server.db.space(scene.otherId).roomNos.get('zoo');
    const names = [
      String(bo.socket.id),
      `${scene.tenantId}/${no}`,
      `${scene.otherId}/${otherNo}`,
      String(no),
      String(otherNo),
      'zoo',
      'platform',
      `${scene.otherId}:zoo`,
    ];
    for (const roomId of names)
      for (const command of ['room.subscribe', 'room.join', 'room.get'])
        expect((await ann.ask(command, { roomId })).error?.status, roomId).toBe(roomId.includes('/') ? 400 : 404);
    ann.leave();
    bo.leave();
  });
});

describe('case 94: a stolen session id', () => {
  const poll = (path: string, from: string, post?: string) =>
    new Promise<{ status: number; text: string }>((done, fail) => {
      const { hostname, port } = new URL(server.url);
      const call = request(
        { hostname, port, path, localAddress: from, agent: false, method: post === undefined ? 'GET' : 'POST' },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => done({ status: response.statusCode ?? 0, text }));
        },
      );
      call.on('error', fail);
      call.end(post);
    });

  it('is worth nothing from another address, to read, to speak, or to take over', async () => {
    const open = await poll('/socket.io/?EIO=4&transport=polling', '127.0.0.1');
    const { sid } = JSON.parse(open.text.slice(1)) as { sid: string };
    const at = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    expect((await poll(at, '127.0.0.1', `40/chat,${JSON.stringify({ token: scene.owner })}`)).status).toBe(200);
    for (const post of [undefined, `42/chat,1${SEND}`, '1']) expect((await poll(at, '127.0.0.2', post)).status).toBe(400);
    const upgrade = await new Promise<number>((done) => {
      const { hostname, port } = new URL(server.url);
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const call = request({ hostname, port, path: at.replace('polling', 'websocket'), localAddress: '127.0.0.2', headers, agent: false });
      call.on('upgrade', (_, socket) => {
        socket.destroy();
        done(101);
      });
      call.on('response', ({ statusCode }) => done(statusCode ?? 0));
      call.on('error', () => done(0));
      call.end();
    });
    expect(upgrade).not.toBe(101);
    // Its owner goes on undisturbed.
    expect((await poll(at, '127.0.0.1')).text).toContain('40/chat');
    expect((await poll('/socket.io/?EIO=4&transport=polling&sid=nobodys', '127.0.0.1')).status).toBe(400);
  });
});

describe('case 96: other protocols', () => {
  it('Engine.IO 3 and what is no transport are refused', async () => {
    for (const query of [
      'EIO=3&transport=polling',
      'EIO=3&transport=websocket',
      'EIO=4&transport=flash',
      'EIO=4&transport=webtransport',
      'transport=polling',
      'EIO=4',
      'EIO=4&transport=__proto__',
      'EIO=4&transport=constructor',
    ])
      expect((await ask(server.url, 'GET', `/socket.io/?${query}`)).status, query).toBe(400);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'POST'])
      expect((await ask(server.url, method, '/socket.io/?EIO=4&transport=polling')).status, method).toBe(400);
    expect((await ask(server.url, 'GET', '/socket.io/socket.io.js')).status).toBe(400);
  });
});
