import { RoomLog } from '@parley/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aScene, type Scene } from '../testing/scene.js';
import { serverOnMemory, type MemoryServer } from '../testing/server-on-memory.js';
import { SocketUser } from '../testing/socket-user.js';
import { until } from '../testing/until.js';
import { Drain } from './drain.js';

/** Of users at the same time; more than are sent away in one turn. */
const USERS = ['ann', 'bo', 'cy', 'dee', 'eve', 'gus'];
const DEVICES = 10;

let server: MemoryServer;
let scene: Scene;
let drain: Drain;
beforeAll(async () => {
  server = await serverOnMemory();
  drain = new Drain(server.sockets.of('/chat'));
});
beforeEach(async () => {
  drain.stop();
  scene = await aScene(server);
});
afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.close();
});

describe('a node that is emptied', () => {
  it('answers what it was asked before it lets go, and says when to come back', async () => {
    const ann = await SocketUser.enter(server.url, scene.owner);
    const log = server.running.app.get(RoomLog);
    const append = log.append.bind(log);
    const committed = Promise.withResolvers<void>();
    const writing = vi.spyOn(log, 'append').mockImplementationOnce(async (entry) => {
      await committed.promise;
      return append(entry);
    });
    const asked = ann.ask('message.send', { roomId: 'crew', clientMessageId: 'last', text: 'last' });
    await until('it is written', () => writing.mock.calls.length > 0);
    const emptied = drain.empty('node-draining', 1_000);
    await ann.see('session.reconnect');
    committed.resolve();
    expect((await asked).ok).toBe(true);
    await emptied;
    writing.mockRestore();
    expect(await ann.see('session.reconnect')).toMatchObject({ reason: 'node-draining' });
    await until('the end', () => ann.closed);
    expect(ann.closed).toMatch(/^transport/);
  });

  it('sends latecomers away too, who were past the door already, until it stays', async () => {
    await drain.empty('node-draining', 1_000);
    const late = SocketUser.dial(server.url, { auth: { token: scene.owner } });
    expect(await late.see('session.reconnect')).toMatchObject({ reason: 'node-draining' });
    await until('the end', () => late.closed);
    drain.stop();
    const welcome = await SocketUser.enter(server.url, scene.owner);
    expect((await welcome.ask('room.get', { roomId: 'crew' })).ok).toBe(true);
    expect(welcome.all('session.reconnect')).toEqual([]);
    welcome.leave();
  });

  it('keeps who was not sent away yet when it is to stay', async () => {
    const tokens = await Promise.all(USERS.map((userId) => server.seed.token(scene.tenantId, userId)));
    const all = (
      await Promise.all(tokens.flatMap((token) => Array.from({ length: DEVICES }, () => SocketUser.enter(server.url, token))))
    ).flat();
    const emptied = drain.empty('node-draining', 60_000);
    drain.stop();
    await emptied;
    await until('the first are gone', () => all.some(({ closed }) => closed !== undefined));
    const stayed = all.filter(({ closed }) => closed === undefined);
    // One turn had begun.
    expect(stayed).toHaveLength(all.length - 50);
    for (const user of stayed) {
      expect((await user.ask('room.get', { roomId: 'plaza' })).ok).toBe(true);
      user.leave();
    }
  });
});
