import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, whyNoRedis } from './cluster.ts';
import { cleanEnvironment, NODE, REPOSITORY } from './server.ts';
import { until } from './until.ts';

const SOON_MS = 15_000;

interface Node {
  readonly id: string;
  readonly role: string;
  readonly state: string;
  readonly connections: number;
  readonly redis: string;
}

/** A stock client with its default options, and what it was told. */
interface Client {
  readonly socket: Socket;
  readonly texts: readonly string[];
  readonly told: readonly string[];
  send(roomId: string, text: string): Promise<{ ok: boolean; error?: { code: string } }>;
}

const missing = whyNoRedis();
if (missing !== undefined) process.stderr.write(`cluster: NOT tried: ${missing}\n`);

/** `npm run cluster`, as it is. */
describe.skipIf(missing !== undefined)('a cluster', () => {
  let cluster: Cluster;
  const sockets: Socket[] = [];
  let rooms = 0;

  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });
  afterAll(async () => {
    await cluster.stop();
  });

  async function asServer<T>(path: string, body: object): Promise<T> {
    const response = await fetch(`${cluster.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cluster.firstRun.tenant.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function asOperator<T>(path: string, method = 'GET'): Promise<T> {
    const response = await fetch(`${cluster.url}/v1/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${cluster.operatorToken}` },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  const nodes = async (): Promise<readonly Node[]> => (await asOperator<{ items: Node[] }>('/nodes')).items;

  async function enter(userId: string): Promise<Client> {
    const { token } = await asServer<{ token: string }>('/v1/tokens', { userId });
    const socket = io(`${cluster.url}/chat`, { auth: { token }, forceNew: true });
    sockets.push(socket);
    const texts: string[] = [];
    const told: string[] = [];
    socket.onAny((type: string, event: { data?: { message?: { text: string } } }) => {
      told.push(type);
      if (type === 'message.created' && event.data?.message) texts.push(event.data.message.text);
    });
    await until(`${userId} is in`, () => told.includes('session.ready'), SOON_MS);
    const send: Client['send'] = (roomId, text) =>
      socket.timeout(8_000).emitWithAck('message.send', { roomId, clientMessageId: `${userId} ${text}`, text });
    return { socket, texts, told, send };
  }

  async function aRoom(members: readonly string[]): Promise<string> {
    rooms += 1;
    await asServer('/v1/rooms', { id: `room-${rooms}`, kind: 'group', name: 'Crew', members });
    return `room-${rooms}`;
  }

  it('serves stock clients through a load balancer, on whichever node they are', async () => {
    const users = ['ann', 'bo', 'cy', 'dee', 'eve', 'flo'];
    const clients: Client[] = [];
    for (const userId of users) clients.push(await enter(userId));
    await until(
      'they are on both nodes, by WebSocket',
      async () => {
        const counts = (await nodes()).filter(({ role }) => role === 'api').map(({ connections }) => connections);
        return counts.every((count) => count > 0) && clients.every(({ socket }) => socket.io.engine.transport.name === 'websocket');
      },
      SOON_MS,
    );
    // Nobody is in the room yet: the word of it must find each of them.
    const roomId = await aRoom(users);
    for (const { told } of clients) await until('the entry', () => told.includes('room.entered'), SOON_MS);
    for (const { told } of clients) expect(told.indexOf('room.entered')).toBeLessThan(told.indexOf('member.joined'));
    const answers = await Promise.all(clients.flatMap(({ send }) => Array.from({ length: 10 }, (_, index) => send(roomId, `m${index}`))));
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
    for (const { texts } of clients) {
      await until('all messages', () => texts.length >= 60, SOON_MS);
      expect(texts).toEqual(clients[0]?.texts);
    }
    for (const { told } of clients) expect(told.filter((type) => type === 'room.entered')).toHaveLength(1);
  });

  it('tells who is there across nodes, and who has gone', async () => {
    const users = ['ann', 'bo', 'cy', 'dee', 'eve', 'flo'];
    await aRoom(users);
    const watcher = await enter('ann');
    const statuses = new Map<string, string>();
    watcher.socket.on('presence.changed', ({ data }: { data: { userId: string; presence: { status: string } } }) =>
      statuses.set(data.userId, data.presence.status),
    );
    const others = users.slice(1);
    const answer = (await watcher.socket.timeout(8_000).emitWithAck('presence.subscribe', { userIds: [...others, 'nobody'] })) as {
      presences: { userId: string; status: string }[];
      denied: string[];
    };
    expect(answer.denied).toEqual(['nobody']);
    for (const { userId, status } of answer.presences) statuses.set(userId, status);
    const clients: Client[] = [];
    for (const userId of others) clients.push(await enter(userId));
    await until('all are there', () => others.every((userId) => statuses.get(userId) === 'online'), SOON_MS);
    for (const { socket } of clients) socket.disconnect();
    await until('all are gone', () => others.every((userId) => statuses.get(userId) === 'offline'), SOON_MS);
  });

  it('empties a node: its clients move by themselves, and what they send meanwhile is answered', async () => {
    const users = ['ann', 'bo', 'cy', 'dee'];
    const clients: Client[] = [];
    for (const userId of users) clients.push(await enter(userId));
    const roomId = await aRoom(users);
    let isOver = false;
    let sent = 0;
    const failed: string[] = [];
    const talking = clients.map(async ({ send }, index) => {
      for (let n = 0; !isOver; n += 1) {
        const text = `${index}-${n}`;
        for (let isSent = false; !isSent;) {
          const answer = await send(roomId, text).catch(() => undefined);
          isSent = answer?.ok ?? false;
          if (answer?.error && answer.error.code !== 'unavailable') failed.push(answer.error.code);
          if (!isSent) await new Promise((done) => setTimeout(done, 100));
        }
        sent += 1;
        await new Promise((done) => setTimeout(done, 100));
      }
    });
    const busy = (await nodes()).find(({ role, connections }) => role === 'api' && connections > 0);
    if (!busy) throw new Error('nobody is connected');
    const drain = (...more: readonly string[]) =>
      spawnSync(NODE, [join(REPOSITORY, 'apps/cli/bin/chatctl.mjs'), 'nodes', 'drain', busy.id, ...more], {
        encoding: 'utf8',
        env: { ...cleanEnvironment(), PARLEY_URL: cluster.url, PARLEY_TOKEN: cluster.operatorToken },
      });
    expect(drain('--yes').status).toBe(0);
    await until(
      'it is empty',
      async () => (await nodes()).some(({ id, state, connections }) => id === busy.id && state === 'draining' && connections === 0),
      SOON_MS,
    );
    await until('everybody is connected', () => clients.every(({ socket }) => socket.connected), SOON_MS);
    isOver = true;
    await Promise.all(talking);
    expect(failed).toEqual([]);
    for (const { texts } of clients) await until('the last message', () => texts.some((text) => text.startsWith('3-')), SOON_MS);
    expect(sent).toBeGreaterThan(20);
    const page = await fetch(`${cluster.url}/v1/rooms/${roomId}/messages?limit=100`, {
      headers: { authorization: `Bearer ${cluster.firstRun.tenant.apiKey}` },
    });
    const { items } = (await page.json()) as { items: { text: string; clientMessageId: string }[] };
    expect(new Set(items.map(({ clientMessageId }) => clientMessageId)).size).toBe(items.length);
    const resumed = drain('--resume');
    expect(resumed.stdout).toContain('takes clients again');
    await until('it serves', async () => (await nodes()).some(({ id, state }) => id === busy.id && state === 'serving'), SOON_MS);
  });

  it('has workers that say how they are, and nothing else', async () => {
    const worker = cluster.nodeUrl('worker-1');
    expect((await fetch(`${worker}/readyz`)).status).toBe(200);
    expect((await fetch(`${worker}/v1/me`)).status).toBe(404);
    expect((await fetch(`${worker}/socket.io/?EIO=4&transport=polling`)).status).toBe(404);
    const known = await nodes();
    expect(known.map(({ role, redis }) => `${role} ${redis}`).sort()).toEqual(['api up', 'api up', 'worker up']);
  });
});
