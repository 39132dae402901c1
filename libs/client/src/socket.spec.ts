import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageCommands, sessionCommands } from '@parley/protocol';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { localProblem, ParleyError } from './http.js';
import { ChatSocket, type ChatSocketOptions } from './socket.js';
import { aUser } from './testing/fake-room.js';
import { systemTimers, type Timers } from './timers.js';

/** A hundred times as fast: real sockets, but nobody waits. */
const quickly: Timers = { ...systemTimers, setTimeout: (run, ms) => setTimeout(run, ms / 100) };
const READY = { user: aUser('ann'), serverTime: '', features: [], userPts: 0, unreadTotal: 0, rooms: [], more: false };
const SEND = { roomId: 'crew', clientMessageId: 'c', text: 'hi' };

let http: HttpServer;
let server: Server;
let handshakes: Record<string, unknown>[];
let refuse: (token: unknown) => string | undefined;
let onConnection: (socket: Socket) => void;
const open: ChatSocket[] = [];

beforeEach(async () => {
  [handshakes, refuse, onConnection] = [[], () => undefined, () => undefined];
  http = createServer((_, response) => void response.writeHead(404).end());
  server = new Server(http, { path: '/base/socket.io' });
  server.of('/chat').use((socket, next) => {
    handshakes.push(socket.handshake.auth);
    const code = refuse(socket.handshake.auth['token']);
    next(code === undefined ? undefined : Object.assign(new Error(code), { data: { code } }));
  });
  server.of('/chat').on('connection', (socket) => {
    onConnection(socket);
    socket.emit('session.ready', READY);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.close();
  await server.close();
});

function aSocket(options: Partial<ChatSocketOptions> = {}): { socket: ChatSocket; heard: string[] } {
  const { port } = http.address() as AddressInfo;
  const heard: string[] = [];
  const socket = new ChatSocket({ url: `http://127.0.0.1:${port}/base`, token: () => 'token', timers: quickly, ...options });
  socket.on('state', (state) => heard.push(state));
  socket.on('ended', ({ code }) => heard.push(`ended: ${code}`));
  open.push(socket);
  socket.connect();
  return { socket, heard };
}

const until = (socket: ChatSocket, state: string): Promise<void> =>
  vi.waitFor(() => expect(socket.state).toBe(state), { timeout: 5_000, interval: 5 });
const sockets = () => [...server.of('/chat').sockets.values()];

it.each([undefined, ['websocket' as const]])(
  'shakes hands with a token and positions, under a path of its own (%s)',
  async (transports) => {
    const { socket, heard } = aSocket({ transports, resume: () => ({ userPts: 3, rooms: { crew: 7 } }) });
    await until(socket, 'online');
    expect(handshakes).toEqual([{ token: 'token', resume: { userPts: 3, rooms: { crew: 7 } } }]);
    expect(heard).toEqual(['connecting', 'online']);
  },
);

it('tells events apart by what they carry', async () => {
  const { socket } = aSocket();
  const heard: unknown[] = [];
  socket.on('room', ({ type }) => heard.push(['room', type]));
  socket.on('user', ({ type }) => heard.push(['user', type]));
  socket.on('receipt', ({ type }) => heard.push(['receipt', type]));
  socket.on('typing', ({ type }) => heard.push(['typing', type]));
  socket.on('presence', ({ type }) => heard.push(['presence', type]));
  socket.on('ephemeral', ({ type }) => heard.push(['ephemeral', type]));
  socket.on('head', ({ userPts }) => heard.push(['head', userPts]));
  await until(socket, 'online');
  const [peer] = sockets();
  peer?.emit('poll.opened', { type: 'poll.opened', roomId: 'crew', pts: 8 });
  peer?.emit('contact.removed', { type: 'contact.removed', userPts: 2 });
  peer?.emit('message.read', { type: 'message.read', roomId: 'crew', data: {} });
  peer?.emit('typing.started', { type: 'typing.started' });
  peer?.emit('presence.changed', { type: 'presence.changed' });
  peer?.emit('call.ringing', { type: 'call.ringing' });
  peer?.emit('room.head', { heads: [], userPts: 4 });
  await vi.waitFor(() => expect(heard).toHaveLength(7));
  expect(heard).toEqual([
    ['room', 'poll.opened'],
    ['user', 'contact.removed'],
    ['receipt', 'message.read'],
    ['typing', 'typing.started'],
    ['presence', 'presence.changed'],
    ['ephemeral', 'call.ringing'],
    ['head', 4],
  ]);
});

it('gives the result of a command, or the refusal as it is', async () => {
  onConnection = (peer) =>
    peer.on('message.send', (input: { text: string }, ack: (answer: object) => void) =>
      ack(
        input.text === 'hi'
          ? { ok: true, message: { text: 'hi' }, deduplicated: false }
          : { ok: false, error: { ...localProblem('muted', 'Muted'), retryable: false } },
      ),
    );
  const { socket } = aSocket();
  await until(socket, 'online');
  expect(await socket.command(messageCommands.send, SEND)).toEqual({ message: { text: 'hi' }, deduplicated: false });
  await expect(socket.command(messageCommands.send, { ...SEND, text: 'no' })).rejects.toMatchObject({ code: 'muted', retryable: false });
});

it('says timeout when no answer comes, and unavailable when the connection breaks or is not there', async () => {
  const { socket } = aSocket();
  await expect(socket.command(messageCommands.send, SEND)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  await until(socket, 'online');
  await expect(socket.command(messageCommands.send, SEND, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'timeout', retryable: true });
  const broken = socket.command(messageCommands.send, SEND);
  sockets()[0]?.conn.close();
  await expect(broken).rejects.toMatchObject({ code: 'unavailable', retryable: true });
});

it('comes back by itself with a fresh token and the positions of then', async () => {
  let userPts = 0;
  let tokens = 0;
  const { socket, heard } = aSocket({ token: () => `t${(tokens += 1)}`, resume: () => ({ userPts: (userPts += 1) }) });
  await until(socket, 'online');
  sockets()[0]?.conn.close();
  await until(socket, 'waiting');
  await until(socket, 'online');
  expect(handshakes).toEqual([
    { token: 't1', resume: { userPts: 1 } },
    { token: 't2', resume: { userPts: 2 } },
  ]);
  expect(heard).toEqual(['connecting', 'online', 'waiting', 'connecting', 'online']);
});

it('goes when the server asks, and comes back when it said', async () => {
  const { socket, heard } = aSocket();
  await until(socket, 'online');
  sockets()[0]?.emit('session.reconnect', { afterMs: 2_000, reason: 'drain' });
  await until(socket, 'waiting');
  await until(socket, 'online');
  expect(heard).toEqual(['connecting', 'online', 'waiting', 'connecting', 'online']);
});

it('is over when the credential is refused', async () => {
  refuse = () => 'token-invalid';
  const { socket, heard } = aSocket();
  await until(socket, 'ended');
  expect([heard, handshakes.length]).toEqual([['connecting', 'ended', 'ended: token-invalid'], 1]);
});

it('asks once for another token when it has expired', async () => {
  refuse = (token) => (token === 'fresh' ? undefined : 'token-expired');
  const reasons: string[] = [];
  const { socket } = aSocket({
    token: ({ reason, device }) => {
      reasons.push(`${reason} ${device}`);
      return reason === 'expired' ? 'fresh' : 'old';
    },
    device: 'phone',
  });
  await until(socket, 'online');
  expect(reasons).toEqual(['connect phone', 'expired phone']);
});

it('gives up when the new token has expired too', async () => {
  refuse = () => 'token-expired';
  const { socket, heard } = aSocket();
  await until(socket, 'ended');
  expect([handshakes.length, heard.at(-1)]).toEqual([2, 'ended: token-expired']);
});

it('tries again while the server is overloaded, and while the token cannot be had', async () => {
  let refusals = 2;
  let failures = 1;
  refuse = () => ((refusals -= 1) >= 0 ? 'unavailable' : undefined);
  const { socket } = aSocket({ token: () => ((failures -= 1) >= 0 ? Promise.reject(new Error('no network')) : 'token') });
  await until(socket, 'online');
  expect(handshakes).toHaveLength(3);
});

it('ends when the app says that there will be no token', async () => {
  const { socket, heard } = aSocket({
    token: () => {
      throw new ParleyError({ ...localProblem('signed-out', 'signed out'), retryable: false });
    },
  });
  await until(socket, 'ended');
  expect(heard.at(-1)).toBe('ended: signed-out');
});

it('renews the token before it ends, on the same connection', async () => {
  const renewed: unknown[] = [];
  onConnection = (peer) =>
    peer.on(sessionCommands.renew.name, (input: unknown, ack: (answer: object) => void) => {
      renewed.push(input);
      ack({ ok: true, expiresAt: '' });
    });
  const { socket } = aSocket({ token: ({ reason }) => reason });
  await until(socket, 'online');
  sockets()[0]?.emit('session.expiring', { expiresAt: '' });
  await vi.waitFor(() => expect(renewed).toEqual([{ token: 'expiring' }]));
  expect([handshakes.length, await socket.token()]).toEqual([1, 'expiring']);
});

it('is over when the server ends the session, and begins anew on request', async () => {
  const { socket, heard } = aSocket();
  await until(socket, 'online');
  sockets()[0]?.emit('session.ended', { ...localProblem('banned', 'Banned'), retryable: false });
  await until(socket, 'ended');
  expect(heard.at(-1)).toBe('ended: banned');
  socket.connect();
  await until(socket, 'online');
});

it('does not wait for ever for a session that does not begin', async () => {
  let silent = 1;
  server.of('/chat').use((_, next) => {
    silent -= 1;
    if (silent < 0) next();
  });
  const { socket } = aSocket();
  await until(socket, 'online');
  expect(handshakes).toHaveLength(2);
});

it('does not run in circles when each session ends at once as expired', async () => {
  const ended = { ...localProblem('token-expired', 'Expired'), retryable: false };
  onConnection = (peer) => void setImmediate(() => peer.emit('session.ended', ended)); // After it was ready.
  const { socket, heard } = aSocket();
  await until(socket, 'ended');
  expect([handshakes.length, heard.at(-1)]).toEqual([2, 'ended: token-expired']);
});

it('renews once however often it is warned, and stops when the new token is refused', async () => {
  const renewed: unknown[] = [];
  onConnection = (peer) =>
    peer.on(sessionCommands.renew.name, (input: unknown, ack: (answer: object) => void) => {
      renewed.push(input);
      ack({ ok: false, error: { ...localProblem('token-invalid', 'Another user'), status: 401, retryable: false } });
    });
  let asked = 0;
  const { socket } = aSocket({ token: () => `t${(asked += 1)}` });
  await until(socket, 'online');
  for (let warning = 0; warning < 3; warning += 1) sockets()[0]?.emit('session.expiring', { expiresAt: '' });
  await vi.waitFor(() => expect(renewed).toHaveLength(1));
  sockets()[0]?.emit('room.head', { heads: [], userPts: 1 });
  await new Promise<void>((resolve) => socket.on('head', () => resolve()));
  expect([asked, renewed, socket.state]).toEqual([2, [{ token: 't2' }], 'online']);
});

it('keeps away as long as a refusal asked', async () => {
  let refusals = 1;
  server.of('/chat').use((_, next) => {
    refusals -= 1;
    next(
      refusals >= 0
        ? Object.assign(new Error('busy'), { data: { code: 'unavailable', retryable: true, retryAfterMs: 20_000 } })
        : undefined,
    );
  });
  const from = performance.now();
  const { socket } = aSocket();
  await until(socket, 'online');
  expect(performance.now() - from).toBeGreaterThanOrEqual(200 - 2); // A hundredth of what was asked.
});

it('goes where the server sends it, and names the node that it could not reach', async () => {
  const { port } = http.address() as AddressInfo;
  const [gone, here] = ['01980000-0000-7000-8000-000000000001', '01980000-0000-7000-8000-000000000002'];
  const asked: (string | null)[] = [];
  const directory = createServer((request, response) => {
    const unreachable = new URL(request.url ?? '', 'http://localhost').searchParams.get('unreachable');
    asked.push(unreachable);
    const node =
      unreachable === gone ? { nodeId: here, url: `http://127.0.0.1:${port}/base` } : { nodeId: gone, url: 'http://127.0.0.1:9' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ url: node.url, nodes: [node] }));
  });
  await new Promise<void>((resolve) => directory.listen(0, '127.0.0.1', resolve));
  const { socket } = aSocket({ url: `http://127.0.0.1:${(directory.address() as AddressInfo).port}`, findsNode: true });
  await until(socket, 'online');
  expect(asked).toEqual([null, gone]);
  // Once it is well connected, old complaints are forgotten.
  sockets()[0]?.conn.close();
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(3), { timeout: 5_000 });
  expect(asked[2]).toBe(null);
  directory.close();
});

it('goes to the address it knows where nobody can say', async () => {
  const { socket } = aSocket({ findsNode: true });
  await until(socket, 'online');
  expect(handshakes).toHaveLength(1);
});
