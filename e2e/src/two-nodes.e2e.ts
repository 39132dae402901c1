import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, ParleyServer } from './server.ts';
import { until } from './until.ts';

/** "Within 5 s" (G6), and what a busy machine adds. */
const HEALED_MS = 7_000;
const SECRET_KEY = 'the same root of encryption on every node';

const missing = spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'there is no redis-server (apt install redis-server)';
if (missing !== undefined) process.stderr.write(`two-nodes: NOT tried: ${missing}\n`);

/** Two servers on one PostgreSQL and one Redis: what 03 builds on. */
describe.skipIf(missing !== undefined)('two nodes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  let redisPort: number;
  let redis: ChildProcess;
  const nodes: ParleyServer[] = [];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    redisPort = await freePort();
    await startRedis();
    const shared = { PARLEY_REDIS_URL: `redis://127.0.0.1:${redisPort}`, PARLEY_SECRET_KEY: SECRET_KEY };
    const first = await ParleyServer.start(shared);
    nodes.push(first);
    const password = readFileSync(join(first.dataDir, 'postgres.password'), 'utf8').trim();
    const port = readFileSync(join(first.dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[3];
    nodes.push(await ParleyServer.start({ ...shared, PARLEY_POSTGRES_URL: `postgres://parley:${password}@127.0.0.1:${port}/postgres` }));
    await asServer('/v1/rooms', { id: 'crew', kind: 'group', name: 'Crew', members: ['ann', 'bo', 'cy'] });
  });

  afterAll(async () => {
    for (const socket of sockets) socket.disconnect();
    for (const node of nodes.reverse()) await node.dispose();
    redis.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function startRedis(): Promise<void> {
    redis = spawn(
      'redis-server',
      ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let output = '';
    redis.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('Redis takes connections', () => output.includes('Ready to accept connections'), 10_000);
  }

  async function asServer<T>(path: string, body: object, node = 0): Promise<T> {
    const response = await fetch(`${nodes[node]?.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${nodes[0]?.firstRun.tenant.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** A stock client that only listens, and what it heard. */
  async function enter(userId: string, node: number) {
    const { token } = await asServer<{ token: string }>('/v1/tokens', { userId });
    const socket = io(`${nodes[node]?.url}/chat`, { auth: { token }, forceNew: true });
    sockets.push(socket);
    const heard: { readonly type: string; readonly pts: number; readonly text?: string }[] = [];
    const ended: string[] = [];
    socket.onAny((type: string, event: { pts?: number; roomId?: string; data?: { message?: { text?: string } } }) => {
      if (event.pts !== undefined && event.roomId === 'crew') heard.push({ type, pts: event.pts, text: event.data?.message?.text });
    });
    socket.on('session.ended', ({ code }: { code: string }) => ended.push(code));
    let isReady = false;
    socket.on('session.ready', () => (isReady = true));
    await until(`${userId} is in`, () => isReady, 10_000);
    const send = (text: string): Promise<{ ok: boolean; message?: { pts: number }; error?: { code: string } }> =>
      socket.timeout(8_000).emitWithAck('message.send', { roomId: 'crew', clientMessageId: `${userId}-${text}`, text });
    return { heard, ended, send };
  }

  it('tell each other everything, in order, whichever committed it', async () => {
    const [ann, bo] = [await enter('ann', 0), await enter('bo', 1)];
    const from = Math.max(0, ...bo.heard.map(({ pts }) => pts));
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? ann : bo).send(`m${n}`)));
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
    for (const { heard } of [ann, bo]) {
      await until('sixty messages', () => heard.filter(({ type }) => type === 'message.created').length >= 60, HEALED_MS);
      const positions = heard.map(({ pts }) => pts).filter((pts) => pts > from);
      expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
    }
  });

  it('hold a ban everywhere: it closes the other node’s socket, and stops the next send there', async () => {
    const [ann, cy] = [await enter('ann', 0), await enter('cy', 1)];
    await asServer('/v1/rooms/crew/bans', { userId: 'cy', reason: 'enough' });
    expect((await cy.send('let me')).error?.code).toBe('banned');
    const before = cy.heard.length;
    await ann.send('without cy');
    await asServer('/v1/bans', { userId: 'cy', reason: 'spam' });
    await until('the end of the session', () => cy.ended.length > 0, HEALED_MS);
    expect(cy.ended).toEqual(['banned']);
    expect(cy.heard.slice(before).filter(({ text }) => text === 'without cy')).toEqual([]);
  });

  it('need no Redis for an answer, and heal without it within seconds', async () => {
    const [ann, bo] = [await enter('ann', 0), await enter('bo', 1)];
    await ann.send('with redis');
    await until('the message', () => bo.heard.some(({ text }) => text === 'with redis'), HEALED_MS);
    redis.kill('SIGKILL');
    const startedAt = performance.now();
    expect((await ann.send('without redis')).ok).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await until('the message', () => bo.heard.some(({ text }) => text === 'without redis'), HEALED_MS);
    await startRedis();
    await until(
      'Redis carries again',
      async () => {
        const text = `again ${performance.now()}`;
        await ann.send(text);
        await new Promise((done) => setTimeout(done, 200));
        return bo.heard.some((one) => one.text === text);
      },
      15_000,
    );
    const positions = bo.heard.map(({ pts }) => pts);
    expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
  });
});
