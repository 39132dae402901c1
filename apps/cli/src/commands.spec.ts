import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBan, aMessage, aRoom, aTenant, aUser, figures } from './testing/examples.js';
import { aFarSide, type FarSide, TOKEN } from './testing/far-side.js';
import { Machine } from './testing/run-cli.js';

const KEY = '0190c0de-0000-7000-8000-000000000001';
let machine: Machine;
let side: FarSide;

beforeAll(async () => {
  side = await aFarSide();
  machine = await Machine.start({ PARLEY_URL: side.url, PARLEY_TOKEN: TOKEN });
});
afterAll(() => Promise.all([side.close(), machine.stop()]));
beforeEach(() => {
  side.heard.length = 0;
  side.answers = { 'tenants.list': () => ({ items: [aTenant('acme')], nextCursor: null }) };
});

/** Runs what must succeed in silence and gives its stdout. */
async function said(...argv: string[]): Promise<string> {
  const ran = await machine.run(argv);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return ran.stdout;
}
const json = async (...argv: string[]): Promise<unknown> => JSON.parse(await said(...argv, '--json'));
const last = () => side.heard.at(-1);

describe('lists', () => {
  it('prints aligned columns, and nothing but the result', async () => {
    side.answers['tenants.list'] = () => ({ items: [aTenant('acme'), aTenant('a-longer-name', 'suspended')], nextCursor: null });
    expect(await said('tenants', 'list')).toBe(
      [
        'ID             NAME               STATUS     CREATED',
        'acme           The acme           active     2026-03-01 10:20:30Z',
        'a-longer-name  The a-longer-name  suspended  2026-03-01 10:20:30Z',
        '',
      ].join('\n'),
    );
  });

  it('prints the API’s JSON with --json, wherever the flag stands', async () => {
    const page = { items: [aTenant('acme')], nextCursor: 'next' };
    side.answers['tenants.list'] = () => page;
    expect(await json('tenants', 'list')).toEqual(page);
    expect(JSON.parse(await said('tenants', 'list', '--json', '--limit', '5'))).toEqual(page);
    expect(last()?.input).toMatchObject({ limit: 5 });
  });

  it('tells people on stderr that there is more', async () => {
    side.answers['users.list'] = undefined;
    side.answers['adminUsers.list'] = () => ({ items: [aUser('ann')], nextCursor: 'abc' });
    expect(await machine.run(['users', 'list', '--banned'])).toMatchObject({ code: 0, stderr: 'There is more: --all, or --cursor abc\n' });
    expect(last()?.input).toMatchObject({ tenantId: 'acme', banned: true });
  });

  it('walks all pages with --all', async () => {
    side.answers['adminUsers.list'] = ({ cursor }) =>
      cursor === 'two' ? { items: [aUser('bo')], nextCursor: null } : { items: [aUser('ann')], nextCursor: 'two' };
    expect(await json('users', 'list', '--all', '-t', 'acme')).toMatchObject({ items: [{ id: 'ann' }, { id: 'bo' }], nextCursor: null });
  });

  it('refuses to turn in circles', async () => {
    side.answers['adminUsers.list'] = () => ({ items: [aUser('ann')], nextCursor: 'same' });
    expect(await machine.run(['users', 'list', '--all'])).toMatchObject({ code: 1, stdout: '' });
  });

  it('does not let a name move the cursor', async () => {
    side.answers['adminUsers.list'] = () => ({ items: [aUser('ann', 'A\u001b[2J\nB\u202e')], nextCursor: null });
    const out = await said('users', 'list');
    expect(out).toContain('A\ufffd[2J B\ufffd');
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  it('lists rooms, bans and both sorts of keys', async () => {
    side.answers['adminRooms.list'] = () => ({ items: [aRoom('lobby')], nextCursor: null });
    side.answers['adminBans.list'] = () => ({ items: [aBan('mallory')], nextCursor: null });
    side.answers['adminBans.listOfRoom'] = () => ({ items: [aBan('mallory', 'lobby')], nextCursor: null });
    side.answers['adminKeys.list'] = () => ({
      items: [{ id: KEY, name: 'backend', prefix: 'sk_acme_ab', scopes: ['users:read'], createdAt: aUser('x').createdAt }],
      nextCursor: null,
    });
    side.answers['adminKeys.listSigning'] = () => ({
      items: [{ id: 'sig_1', algorithm: 'HS256', userIdPrefix: '', createdAt: aUser('x').createdAt }],
      nextCursor: null,
    });
    expect(await said('rooms', 'list', '--kind', 'group')).toMatch(/lobby +group +3 +7 +- +Lobby/);
    expect(await said('bans', 'list')).toMatch(/mallory +\(all\) .* lifted +operator op/);
    expect(await said('bans', 'list', '--room', 'lobby')).toMatch(/mallory +lobby/);
    expect(await said('keys', 'list')).toMatch(/backend +sk_acme_ab/);
    expect(await said('keys', 'list', '--signing')).toMatch(/sig_1 +HS256/);
  });
});

describe('the tenant', () => {
  it('is the only one when none is named', async () => {
    side.answers['adminRooms.get'] = () => ({ room: aRoom('lobby') });
    expect(await said('rooms', 'show', 'lobby')).toMatch(/Position +pts 9, epoch 1/);
    expect(last()?.input).toEqual({ tenantId: 'acme', roomId: 'lobby' });
  });

  it('must be named when there are several', async () => {
    side.answers['tenants.list'] = () => ({ items: [aTenant('acme'), aTenant('bolt')], nextCursor: null });
    const ran = await machine.run(['rooms', 'show', 'lobby']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('--tenant');
  });
});

describe('tokens and keys', () => {
  it('mints just the token', async () => {
    side.answers['adminKeys.mintToken'] = () => ({ token: 'eyJ.a.b', expiresAt: '2026-03-01T11:20:30Z' });
    expect(await said('tokens', 'mint', '--tenant', 'acme', '--user', 'ann', '--expires', '1h30m')).toBe('eyJ.a.b\n');
    expect(last()?.input).toEqual({ tenantId: 'acme', userId: 'ann', expiresInSeconds: 5400 });
    expect(last()?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('shows the secret of a new key', async () => {
    side.answers['adminKeys.create'] = ({ name, scopes }) => ({
      key: { id: KEY, name, prefix: 'sk_acme_ab', scopes: scopes ?? [], createdAt: aUser('x').createdAt },
      secret: 'sk_acme_abcd',
    });
    side.answers['adminKeys.createSigning'] = () => ({
      key: { id: 'sig_1', algorithm: 'HS256', userIdPrefix: '', createdAt: aUser('x').createdAt },
      secret: 's'.repeat(32),
    });
    expect(await said('keys', 'create', '--name', 'backend', '--scope', 'users:read')).toMatch(/Secret +sk_acme_abcd\n/);
    expect(last()?.input).toMatchObject({ name: 'backend', scopes: ['users:read'] });
    expect(await json('keys', 'create', '--signing')).toMatchObject({ secret: 's'.repeat(32) });
  });

  it('revokes only when told twice, for nobody can be asked here', async () => {
    expect(await machine.run(['keys', 'revoke', KEY])).toMatchObject({ code: 2, stdout: '' });
    expect(side.heard.some((heard) => heard.route === 'adminKeys.revoke')).toBe(false);
    expect(await said('keys', 'revoke', KEY, '--yes')).toBe(`Key ${KEY} is revoked.\n`);
    expect(last()).toMatchObject({ route: 'adminKeys.revoke', input: { tenantId: 'acme', keyId: KEY } });
    expect(await json('keys', 'revoke', 'sig_1', '--signing', '--yes')).toEqual({});
    expect(last()?.route).toBe('adminKeys.revokeSigning');
  });
});

describe('tenants', () => {
  it('creates, shows, suspends and resumes', async () => {
    side.answers['tenants.create'] = ({ id }) => ({ tenant: aTenant(String(id)) });
    side.answers['tenants.get'] = () => ({ tenant: aTenant('acme'), figures });
    side.answers['tenants.suspend'] = () => ({ tenant: aTenant('acme', 'suspended') });
    side.answers['tenants.resume'] = () => ({ tenant: aTenant('acme') });
    expect(await said('tenants', 'create', 'bolt', '--no-first-sight')).toMatch(/Id +bolt/);
    expect(last()?.input).toEqual({ id: 'bolt', settings: { firstSight: false } });
    expect(await said('tenants', 'show', 'acme')).toMatch(/Messages +7/);
    expect(await machine.run(['tenants', 'suspend', 'acme'])).toMatchObject({ code: 2, stdout: '' });
    expect(await said('tenants', 'suspend', 'acme', '--yes')).toBe('acme is suspended.\n');
    expect(await said('tenants', 'resume', 'acme')).toBe('acme is active.\n');
  });

  it('only says what it would ask with --dry-run', async () => {
    side.answers['tenants.get'] = () => ({ tenant: aTenant('acme'), figures });
    expect(await said('tenants', 'suspend', 'acme', '--dry-run')).toBe('Would ask: POST /v1/admin/tenants/acme/suspend\n');
    expect(side.heard.some((heard) => heard.route === 'tenants.suspend')).toBe(false);
    expect(await machine.run(['tenants', 'suspend', 'nobody', '--dry-run'])).toMatchObject({ code: 0 });
  });
});

describe('users and messages', () => {
  it('creates and shows a user', async () => {
    side.answers['adminUsers.put'] = ({ userId, name }) => ({ user: aUser(String(userId), String(name)) });
    side.answers['adminUsers.get'] = () => ({ user: { ...aUser('ann'), ban: aBan('ann') } });
    expect(await said('users', 'create', 'ann', '--name', 'Ann Li', '--metadata', '{"a":1}')).toMatch(/Name +Ann Li/);
    expect(last()?.input).toEqual({ tenantId: 'acme', userId: 'ann', name: 'Ann Li', metadata: { a: 1 } });
    expect(await said('users', 'show', 'ann')).toMatch(/Banned +until lifted/);
  });

  it('bans from the tenant or a room, for a time, and lifts it', async () => {
    side.answers['adminBans.banFromTenant'] = () => ({ ban: aBan('mallory') });
    side.answers['adminBans.banFromRoom'] = () => ({ ban: { ...aBan('mallory', 'lobby'), expiresAt: '2026-03-01T12:00:00Z' } });
    expect(await said('users', 'ban', 'mallory', '--reason', 'spam', '--delete-messages')).toMatch(/Until +lifted/);
    expect(last()?.input).toEqual({ tenantId: 'acme', userId: 'mallory', reason: 'spam', deleteMessages: true });
    expect(await said('users', 'ban', 'mallory', '--room', 'lobby', '--expires', '2h')).toMatch(/Until +2026-03-01 12:00:00Z/);
    expect(last()?.input).toEqual({ tenantId: 'acme', userId: 'mallory', roomId: 'lobby', expiresInSeconds: 7200 });
    expect(await json('users', 'ban', 'mallory', '--dry-run')).toEqual({
      dryRun: true,
      request: { method: 'POST', path: '/v1/admin/tenants/acme/bans', body: { userId: 'mallory' } },
    });
    expect(await said('users', 'unban', 'mallory', '--room', 'lobby')).toBe('mallory may enter lobby again.\n');
    expect(last()?.route).toBe('adminBans.liftFromRoom');
    expect(await json('users', 'unban', 'mallory')).toEqual({});
    expect(last()?.route).toBe('adminBans.liftFromTenant');
  });

  it('sends as a user, with an id of its own or the one given', async () => {
    side.answers['adminRooms.sendMessage'] = () => ({ message: aMessage(8, 'Hello'), deduplicated: false });
    await said('messages', 'send', '--room', 'lobby', '--as', 'ann', 'Hello');
    const made = last()?.input.clientMessageId;
    await said('messages', 'send', '--room', 'lobby', '--as', 'ann', 'Hello');
    expect(last()?.input).toMatchObject({ tenantId: 'acme', roomId: 'lobby', asUserId: 'ann', text: 'Hello' });
    expect(last()?.input.clientMessageId).not.toBe(made);
    await said('messages', 'send', '--room', 'lobby', '--as', 'ann', 'Hello', '--client-message-id', 'deploy-42');
    expect(last()?.input.clientMessageId).toBe('deploy-42');
  });

  it('lists messages, all of them when asked', async () => {
    side.answers['adminRooms.messages'] = ({ afterSeq }) =>
      afterSeq === 2
        ? { items: [aMessage(3, 'three')], hasMoreBefore: true, hasMoreAfter: false }
        : { items: [aMessage(1, 'one'), aMessage(2, 'two')], hasMoreBefore: false, hasMoreAfter: true };
    expect(await said('messages', 'list', '--room', 'lobby')).toMatch(/1 +2026-03-01 10:20:30Z +ann +one\n/);
    expect(await json('messages', 'list', '--room', 'lobby', '--all')).toMatchObject({
      items: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
      hasMoreBefore: false,
      hasMoreAfter: false,
    });
  });
});
