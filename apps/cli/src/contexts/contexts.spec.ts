import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aTenant } from '../testing/examples.js';
import { aFarSide, type FarSide, TOKEN } from '../testing/far-side.js';
import { Machine } from '../testing/run-cli.js';

let one: FarSide;
let other: FarSide;
let machine: Machine;

beforeAll(async () => {
  [one, other] = await Promise.all([aFarSide(), aFarSide()]);
  one.answers = {
    'tenants.list': () => ({ items: [aTenant('one')], nextCursor: null }),
    'adminUsers.list': () => ({ items: [], nextCursor: null }),
  };
  other.answers = { 'tenants.list': () => ({ items: [aTenant('other')], nextCursor: null }) };
});
afterAll(() => Promise.all([one.close(), other.close()]));
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => machine.stop());

const add = (name: string, url: string, ...more: string[]) =>
  machine.run(['context', 'add', name, '--url', url, '--token', TOKEN, ...more]);

async function withLocal(url: string): Promise<void> {
  await mkdir(machine.dataDir, { recursive: true });
  await writeFile(join(machine.dataDir, 'chatctl-context.json'), JSON.stringify({ url, token: TOKEN }), { mode: 0o600 });
}

/** The tenant that answers names the server. */
async function whoAnswers(flags: readonly string[] = [], variables: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const ran = await machine.run(['tenants', 'list', '--json', ...flags], variables);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return (JSON.parse(ran.stdout) as { items: { id: string }[] }).items[0]?.id;
}

describe('which server', () => {
  it('is this machine’s own when nothing else is said', async () => {
    await withLocal(one.url);
    expect(await whoAnswers()).toBe('one');
  });

  it('is the current context, which the first one added becomes', async () => {
    await withLocal(one.url);
    await add('far', other.url);
    expect(await whoAnswers()).toBe('other');
    expect(await whoAnswers(['--context', 'local'])).toBe('one');
  });

  it('is the named context before the current one', async () => {
    await add('a', one.url);
    await add('b', other.url);
    expect(await whoAnswers()).toBe('one');
    expect(await whoAnswers(['--context', 'b'])).toBe('other');
  });

  it('is PARLEY_URL before a context, and --url before that', async () => {
    await add('a', one.url);
    expect(await whoAnswers([], { PARLEY_URL: other.url, PARLEY_TOKEN: TOKEN })).toBe('other');
    expect(await whoAnswers(['--url', one.url, '--token', TOKEN], { PARLEY_URL: other.url, PARLEY_TOKEN: 'x' })).toBe('one');
  });

  it('warns when PARLEY_URL silences --context', async () => {
    await add('a', one.url);
    const ran = await machine.run(['tenants', 'list', '--context', 'a'], { PARLEY_URL: other.url, PARLEY_TOKEN: TOKEN });
    expect(ran).toMatchObject({ code: 0, stderr: 'Warning: PARLEY_URL wins over --context a.\n' });
    expect(ran.stdout).toContain('other');
  });

  it('never gets another server’s token', async () => {
    await add('a', one.url);
    const ran = await machine.run(['tenants', 'list', '--url', other.url]);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.stderr).toContain('--token');
    expect(await whoAnswers(['--url', `${one.url}/`])).toBe('one');
  });

  it('is asked for when there is none', async () => {
    const ran = await machine.run(['tenants', 'list']);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.stderr).toContain('chatctl context add');
    expect(await machine.run(['tenants', 'list', '--context', 'nope'])).toMatchObject({ code: 2 });
  });

  it('brings its tenant along', async () => {
    await add('a', one.url, '--tenant', 'chosen');
    expect(await machine.run(['users', 'list'])).toMatchObject({ code: 0, stderr: '' });
    expect(one.heard.at(-1)?.input).toMatchObject({ tenantId: 'chosen' });
  });
});

describe('the file', () => {
  it('is the owner’s alone', async () => {
    await add('a', one.url, '--tenant', 't');
    expect((await stat(machine.contextFile)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(machine.contextFile))).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(machine.contextFile, 'utf8'))).toEqual({
      current: 'a',
      contexts: { a: { url: one.url, token: TOKEN, tenant: 't' } },
    });
  });

  it('is warned of when others can read it', async () => {
    await add('a', one.url);
    await chmod(machine.contextFile, 0o644);
    expect((await machine.run(['tenants', 'list'])).stderr).toContain(`chmod 600 ${machine.contextFile}`);
    expect((await machine.run(['context', 'ls'])).stderr).toContain('mode 644');
  });

  it('is not guessed at when damaged', async () => {
    await mkdir(dirname(machine.contextFile), { recursive: true });
    await writeFile(machine.contextFile, '{"contexts":{"a":{"url":1}}}', { mode: 0o600 });
    expect(await machine.run(['tenants', 'list'])).toMatchObject({ code: 2, stderr: expect.stringContaining('is damaged') as string });
  });
});

describe('context commands', () => {
  it('lists them without tokens, the local one too', async () => {
    await withLocal(one.url);
    await add('far', other.url);
    const ran = await machine.run(['context', 'ls']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/\* +far +http/);
    expect(ran.stdout).toMatch(/ local +http/);
    expect(ran.stdout).not.toContain(TOKEN);
    expect(JSON.parse((await machine.run(['context', 'ls', '--json'])).stdout)).toMatchObject({
      current: 'far',
      contexts: [
        { name: 'far', current: true },
        { name: 'local', current: false },
      ],
    });
  });

  it('switches, shows and removes', async () => {
    await withLocal(one.url);
    await add('far', other.url);
    expect(await machine.run(['context', 'use', 'local'])).toMatchObject({ code: 0, stderr: '' });
    expect((await machine.run(['context', 'show'])).stdout).toMatch(/Source +context local\n/);
    expect(await machine.run(['context', 'use', 'nope'])).toMatchObject({ code: 2 });
    const shown = await machine.run(['context', 'show', '--context', 'far', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ source: 'context far', url: other.url });
    expect(shown.stdout).not.toContain(TOKEN);
    expect(await machine.run(['context', 'rm', 'far'])).toMatchObject({ code: 0, stderr: '' });
    expect(await machine.run(['context', 'rm', 'far'])).toMatchObject({ code: 4 });
  });

  it('refuses names and addresses that cannot be', async () => {
    expect(await add('local', one.url)).toMatchObject({ code: 2, stdout: '' });
    expect(await add('a/b', one.url)).toMatchObject({ code: 2 });
    expect(await add('a', 'ftp://x')).toMatchObject({ code: 2 });
    expect(await add('a', 'http://me:secret@x')).toMatchObject({ code: 2 });
    expect(await machine.run(['context', 'add', 'a', '--url', one.url])).toMatchObject({ code: 2 });
  });
});
