import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainUser } from './plain.ts';
import { Rest } from './rest.ts';
import { cleanEnvironment, freePort, NODE, ParleyServer, REPOSITORY } from './server.ts';
import { until } from './until.ts';

const CHATCTL = join(REPOSITORY, 'apps/cli/bin/chatctl.mjs');
const EXIT = { ok: 0, usage: 2, denied: 3, notFound: 4, conflict: 5, unavailable: 7, checkFailed: 8 } as const;
const KILL_MS = 60_000;
const TENANT = ['--tenant', 'acme'] as const;

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('chatctl against a running server', () => {
  let server: ParleyServer;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    server = await ParleyServer.start();
    const home = join(server.dataDir, '..', 'home');
    mkdirSync(home);
    environment = { ...cleanEnvironment(), PARLEY_DATA_DIR: server.dataDir, PARLEY_CONFIG_HOME: home, HOME: home };
  });

  afterAll(() => server.dispose());

  function chatctl(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = spawn(NODE, [CHATCTL, ...args], {
        cwd: join(server.dataDir, '..'),
        env: { ...environment, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: KILL_MS,
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, out, err }));
    });
  }

  /** With `--json`, which must succeed and print one object. */
  async function json<T>(args: readonly string[]): Promise<T> {
    const run = await chatctl([...args, '--json']);
    if (run.code !== EXIT.ok) throw new Error(`chatctl ${args.join(' ')} ended with ${run.code}:\n${run.out}${run.err}`);
    return JSON.parse(run.out) as T;
  }

  /** With `--json`, refused: nothing on stdout, a problem on stderr. */
  async function refused(
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number | null; problem: string }> {
    const run = await chatctl([...args, '--json'], more);
    expect(run.out).toBe('');
    const { error } = JSON.parse(run.err) as { readonly error: { readonly code: string } };
    return { code: run.code, problem: error.code };
  }

  it('creates, lists, shows, suspends and resumes a tenant', async () => {
    const tenant = { id: 'acme', name: 'Acme Ltd', status: 'active' };
    await expect(json(['tenants', 'create', 'acme', '--name', 'Acme Ltd'])).resolves.toMatchObject({ tenant });
    await expect(json(['tenants', 'list'])).resolves.toMatchObject({
      items: expect.arrayContaining([expect.objectContaining(tenant), expect.objectContaining({ id: 'demo' })]),
      nextCursor: null,
    });
    await expect(json(['tenants', 'show', 'acme'])).resolves.toMatchObject({
      tenant,
      figures: { users: 0, rooms: 0, messages: 0, bans: 0 },
    });
    const people = await chatctl(['tenants', 'list']);
    expect(people.out).toMatch(/^ID +NAME +STATUS +CREATED/);
    expect(people.out).toContain('Acme Ltd');

    expect(await refused(['tenants', 'suspend', 'acme'])).toEqual({ code: EXIT.usage, problem: 'validation-failed' });
    await expect(json(['tenants', 'suspend', 'acme', '--yes'])).resolves.toMatchObject({ tenant: { id: 'acme', status: 'suspended' } });
    await expect(json(['tenants', 'resume', 'acme'])).resolves.toMatchObject({ tenant: { id: 'acme', status: 'active' } });
  });

  it('makes keys that work, until they are revoked', async () => {
    const made = await json<{ readonly key: { readonly id: string }; readonly secret: string }>([
      'keys',
      'create',
      ...TENANT,
      '--name',
      'backend',
    ]);
    expect(made).toMatchObject({ key: { name: 'backend' }, secret: expect.stringMatching(/^sk_acme_/) });
    const api = new Rest(server.url, made.secret);
    expect((await api.ask('PUT', '/v1/users/keyed', { name: 'Keyed' })).status).toBe(200);
    const list = await json<{ readonly items: readonly object[] }>(['keys', 'list', ...TENANT]);
    expect(list.items).toEqual([expect.objectContaining({ id: made.key.id, name: 'backend' })]);
    expect(JSON.stringify(list)).not.toContain(made.secret);
    expect((await chatctl(['keys', 'revoke', made.key.id, ...TENANT, '--yes'])).code).toBe(EXIT.ok);
    expect((await api.ask('GET', '/v1/users/keyed')).status).toBe(401);
    await expect(json(['keys', 'create', '--signing', ...TENANT])).resolves.toMatchObject({
      key: { algorithm: 'HS256' },
      secret: expect.any(String),
    });
  });

  it('makes users and a token that connects', async () => {
    await expect(json(['users', 'create', 'ann', ...TENANT, '--name', 'Ann Li', '--metadata', '{"team":"a"}'])).resolves.toMatchObject({
      user: { id: 'ann', name: 'Ann Li', metadata: { team: 'a' } },
    });
    const listed = await json<{ readonly items: readonly { readonly id: string }[] }>(['users', 'list', ...TENANT]);
    expect(listed.items.map(({ id }) => id)).toEqual(['ann', 'keyed']);
    await expect(json(['users', 'show', 'ann', ...TENANT])).resolves.toMatchObject({ user: { id: 'ann', name: 'Ann Li' } });

    const minted = await chatctl(['tokens', 'mint', ...TENANT, '--user', 'ann', '--expires', '15m']);
    expect(minted).toMatchObject({ code: EXIT.ok, err: '' });
    expect(minted.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const me = await new Rest(server.url, minted.out.trim()).ask('GET', '/v1/me');
    expect(me).toMatchObject({ status: 200, body: { user: { id: 'ann', name: 'Ann Li' } } });
    const socket = await PlainUser.connect(server.url, minted.out.trim());
    expect(socket.ready?.user.id).toBe('ann');

    await expect(json(['users', 'ban', 'ann', ...TENANT, '--reason', 'spam', '--expires', '2h'])).resolves.toMatchObject({
      ban: { userId: 'ann', reason: 'spam', expiresAt: expect.any(String) },
    });
    await until('the socket is closed', () => !socket.socket.connected);
    socket.close();
    await expect(json(['users', 'show', 'ann', ...TENANT])).resolves.toMatchObject({ user: { ban: { reason: 'spam' } } });
    await expect(json(['users', 'list', '--banned', ...TENANT])).resolves.toMatchObject({ items: [{ id: 'ann' }] });
    expect((await chatctl(['users', 'unban', 'ann', ...TENANT])).code).toBe(EXIT.ok);
    expect((await new Rest(server.url, minted.out.trim()).ask('GET', '/v1/me')).status).toBe(200);
  });

  it('shows rooms and says things in them, as the welcome screen tells it', async () => {
    const lobby = ['--tenant', 'demo', '--room', 'lobby'];
    await expect(json(['rooms', 'list', '--tenant', 'demo'])).resolves.toMatchObject({
      items: [{ id: 'lobby', kind: 'group', memberCount: 2 }],
    });
    await expect(json(['rooms', 'show', 'lobby', '--tenant', 'demo'])).resolves.toMatchObject({ room: { id: 'lobby', name: 'Lobby' } });
    const send = ['messages', 'send', ...lobby, '--as', 'ann', 'Hello from chatctl', '--client-message-id', 'cli-1'];
    await expect(json(send)).resolves.toMatchObject({ message: { seq: 1, text: 'Hello from chatctl' }, deduplicated: false });
    await expect(json(send)).resolves.toMatchObject({ message: { seq: 1 }, deduplicated: true });
    await json(['messages', 'send', ...lobby, '--as', 'bo', 'Bye']);
    const page = await json<{ readonly items: readonly object[] }>(['messages', 'list', ...lobby]);
    expect(page).toMatchObject({ hasMoreBefore: false, hasMoreAfter: false });
    expect(page.items).toMatchObject([
      { seq: 1, sender: { id: 'ann' }, text: 'Hello from chatctl' },
      { seq: 2, sender: { id: 'bo' }, text: 'Bye' },
    ]);
    expect((await chatctl(['messages', 'list', ...lobby])).out).toMatch(/1 .*ann +Hello from chatctl\n2 .*bo +Bye\n$/);
  });

  it('knows the machine: status, migrations, configuration, doctor', async () => {
    await expect(json(['server', 'status'])).resolves.toMatchObject({
      running: true,
      ready: true,
      url: server.url,
      pid: expect.any(Number),
    });
    const migrations = await json<{ readonly current: string; readonly latest: string }>(['migrate', 'status']);
    expect(migrations).toMatchObject({ pending: [], ok: true });
    expect(migrations.current).toBe(migrations.latest);
    const { values } = await json<{ readonly values: readonly { readonly key: string; readonly value: unknown }[] }>(['config', 'show']);
    expect(values.find(({ value }) => value === server.dataDir)).toBeDefined();
    const { tenant, operator } = server.firstRun;
    for (const secret of [tenant.apiKey, tenant.signingSecret, operator.password]) expect(JSON.stringify(values)).not.toContain(secret);
    await expect(json(['config', 'validate'])).resolves.toMatchObject({ ok: true, problems: [] });
    const bad = await chatctl(['config', 'validate', '--json'], { PARLEY_PORT: 'none' });
    expect(bad.code).toBe(EXIT.checkFailed);
    expect(JSON.parse(bad.out)).toMatchObject({ ok: false, problems: [expect.objectContaining({ key: expect.stringMatching(/port/i) })] });
    await expect(json(['doctor'])).resolves.toMatchObject({
      ok: true,
      checks: expect.arrayContaining([expect.objectContaining({ status: 'ok' })]),
    });
  });

  it('gets an operator back in', async () => {
    const { email } = server.firstRun.operator;
    const recovered = await json<{ readonly email: string; readonly password: string }>([
      'operators',
      'recover',
      '--local',
      '--email',
      email,
    ]);
    expect(recovered.email).toBe(email);
    const signIn = (password: string): Promise<Response> =>
      fetch(`${server.url}/v1/admin/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: server.url },
        body: JSON.stringify({ email, password }),
        signal: AbortSignal.timeout(10_000),
      });
    expect((await signIn(server.firstRun.operator.password)).status).toBe(401);
    expect((await signIn(recovered.password)).ok).toBe(true);
  });

  it('says by its exit code what went wrong', async () => {
    expect(await refused(['rooms', 'list', '--tenant', 'nobody'])).toEqual({ code: EXIT.notFound, problem: 'not-found' });
    expect(await refused(['users', 'show', 'nobody', ...TENANT])).toEqual({ code: EXIT.notFound, problem: 'not-found' });
    expect(await refused(['tenants', 'create', 'acme', '--name', 'Other'])).toEqual({ code: EXIT.conflict, problem: 'conflict' });
    expect(await refused(['tenants', 'create', 'Not An Id'])).toEqual({ code: EXIT.usage, problem: 'validation-failed' });
    expect(await refused(['users', 'list', '--limit', '1000', ...TENANT])).toEqual({ code: EXIT.usage, problem: 'validation-failed' });
    expect((await chatctl(['tenantz'])).code).toBe(EXIT.usage);
    expect((await chatctl(['operators', 'recover'])).code).toBe(EXIT.usage);
    const wrongToken = { PARLEY_URL: server.url, PARLEY_TOKEN: 'pat_wrong' };
    expect((await refused(['tenants', 'list'], wrongToken)).code).toBe(EXIT.denied);
    const nobody = { PARLEY_URL: `http://127.0.0.1:${await freePort()}`, PARLEY_TOKEN: 'pat_any' };
    expect(await refused(['tenants', 'list'], nobody)).toEqual({ code: EXIT.unavailable, problem: 'unavailable' });
  });

  it('stops the server, and says then that it is gone', async () => {
    await expect(json(['server', 'stop'])).resolves.toMatchObject({ stopped: true });
    await until('its process is gone', () => !server.isRunning);
    const status = await chatctl(['server', 'status', '--json']);
    expect(status.code).toBe(EXIT.unavailable);
    expect(JSON.parse(status.out)).toMatchObject({ running: false, ready: false, pid: null });
    await expect(json(['migrate', 'status'])).resolves.toMatchObject({ ok: true, pending: [] });
  });
});
