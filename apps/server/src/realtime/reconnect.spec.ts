import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../testing/ask.js';
import { RawSocket } from '../testing/raw-socket.js';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';

let server: MemoryServer;
let scene: Scene;
beforeAll(async () => {
  server = await serverOnMemory();
});
beforeEach(async () => {
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

/** What a client of socket.io has to offer that once was on `/chat`: engine's session, socket's id, recovery's private id. */
async function once(token: string): Promise<{ readonly sid: string; readonly socketId: string; readonly connect: string }> {
  const raw = await RawSocket.enter(server.url, token);
  const open = raw.packets.find((packet) => packet.startsWith('0{')) ?? '';
  const connect = raw.packets.find((packet) => packet.startsWith('40/chat,')) ?? '';
  const { sid } = JSON.parse(open.slice(1)) as { sid: string };
  const { sid: socketId } = JSON.parse(connect.slice('40/chat,'.length)) as { sid: string };
  raw.leave();
  await raw.end();
  return { sid, socketId, connect };
}
const ban = async (): Promise<void> => {
  expect((await ask(server.url, 'POST', '/v1/bans', { token: scene.key, body: { userId: 'bo' } })).status).toBe(201);
};

describe('case 84: coming back', () => {
  it('is judged anew each time: whoever was banned meanwhile is refused, with whatever it brings from before', async () => {
    const { sid, socketId, connect } = await once(scene.member);
    // No recovery of the connection's state: that would let a socket in without looking at its token.
    expect(connect).not.toContain('"pid"');
    await ban();
    for (const more of [{}, { pid: socketId, offset: '0' }, { sid, socketId }]) {
      const raw = await RawSocket.open(server.url);
      raw.send(`40/chat,${JSON.stringify({ token: scene.member, ...more })}`);
      expect(await raw.see((packet) => packet.startsWith('44/chat'))).toContain('"code":"banned"');
      raw.send('42/chat,1["room.get",{"roomId":"crew"}]');
      await raw.end();
      expect(raw.packets.some((packet) => packet.startsWith('43'))).toBe(false);
    }
    for (const transport of ['polling', 'websocket'])
      expect((await ask(server.url, 'GET', `/socket.io/?EIO=4&transport=${transport}&sid=${sid}`)).status).toBe(400);
  });

  it('with a token that ended meanwhile is refused', async () => {
    const token = await server.seed.token(scene.tenantId, 'bo', 60);
    await once(token);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 200_000 });
    const { code } = await SocketUser.refused(server.url, { auth: { token } }).finally(() => vi.useRealTimers());
    expect(code).toBe('token-expired');
  });

  it('by a stock client that comes back by itself is refused, and it stops', async () => {
    const bo = await SocketUser.enter(server.url, scene.member);
    bo.socket.io.reconnection(true);
    bo.socket.io.reconnectionDelay(10);
    const before = bo.socket.id;
    bo.socket.io.engine.close();
    await until('back', () => bo.socket.connected && bo.socket.id !== before);
    expect(bo.socket.recovered).not.toBe(true);
    // The transport breaks just when the ban comes: the next attempt is the first that is told.
    bo.socket.io.reconnectionDelay(300);
    bo.socket.io.engine.close();
    await ban();
    expect((await until('a refusal', () => bo.refusal)).code).toBe('banned');
    expect(bo.socket.active).toBe(false);
    bo.leave();
  });

  it('on the same connection, after leaving, is judged anew', async () => {
    const raw = await RawSocket.enter(server.url, scene.member);
    raw.send('41/chat,');
    await ban();
    raw.send(`40/chat,${JSON.stringify({ token: scene.member })}`);
    expect(await raw.see((packet) => packet.startsWith('44/chat'))).toContain('"code":"banned"');
    raw.leave();
  });
});
