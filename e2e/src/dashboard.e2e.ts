import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, launch, Watched } from './browser.ts';
import { PlainUser } from './plain.ts';
import { Rest } from './rest.ts';
import { ParleyServer } from './server.ts';
import { until } from './until.ts';

const PASSWORD = 'A river of 17 otters';

/** One operator's day; each test begins where the one before ended. */
describe.skipIf(!hasBrowser('the dashboard'))('the dashboard in a real browser', () => {
  let server: ParleyServer;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  /** The operator's access token that chatctl has. */
  let operator: Rest;
  const open: PlainUser[] = [];

  beforeAll(async () => {
    server = await ParleyServer.start();
    browser = await launch();
    watched = await Watched.open(browser, server.url);
    page = watched.page;
    const context = JSON.parse(readFileSync(join(server.dataDir, 'chatctl-context.json'), 'utf8')) as { readonly token: string };
    operator = new Rest(server.url, context.token);
  });

  afterEach(() => {
    for (const user of open.splice(0)) user.close();
  });

  afterAll(async () => {
    await browser.close();
    await server.dispose();
  });

  async function connect(tenantId: string, userId: string): Promise<PlainUser> {
    const { token } = await operator.must<{ readonly token: string }>('POST', `/v1/admin/tenants/${tenantId}/tokens`, { userId });
    const user = await PlainUser.connect(server.url, token);
    open.push(user);
    return user;
  }

  const dialog = (name: string): Locator => page.getByRole('dialog', { name });
  const button = (name: string, within: Page | Locator = page): Locator => within.getByRole('button', { name, exact: true });
  const tab = (name: string): Locator =>
    page.getByRole('navigation', { name: 'Sections of the tenant' }).getByRole('link', { name, exact: true });
  const heading = (name: string): Promise<void> => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  const log = (): Locator => page.getByRole('log', { name: 'Messages' });

  it('a wrong password is refused, the one-time password only opens the way to an own one', async () => {
    const { email, password } = server.firstRun.operator;
    await page.goto(server.firstRun.dashboardUrl);
    await heading('Sign in to Parley');
    expect(watched.path()).toMatch(/^\/dashboard\/sign-in/);
    await watched.submitSignIn(email, 'not-the-password');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).not.toContain('urn:');
    await watched.signIn(email, password);
    await heading('Choose your own password');
    await watched.goTo('/tenants', 'Choose your own password');
    await page.goto('/dashboard/');
    await watched.choosePassword(password, PASSWORD);
    await heading('Overview');
  });

  it('keeps the session in a cookie that no script and no other site gets', async () => {
    const [cookie, ...others] = await watched.context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(await page.evaluate(() => document.cookie)).toBe('');
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(cookie?.value);
  });

  it('the overview is live while messages flow', async () => {
    await watched.goTo('/', 'Overview');
    const tile = (name: string): Locator => page.getByRole('group', { name: new RegExp(`^${name}: `) });
    const figure = async (name: string): Promise<number> =>
      Number.parseFloat((await tile(name).getAttribute('aria-label'))?.split(': ')[1] ?? '');
    await page.getByRole('status', { name: 'Live', exact: true }).waitFor();
    expect(await figure('Connections')).toBe(0);
    const [ann, bo] = [await connect('demo', 'ann'), await connect('demo', 'bo')];
    let saidAt = 0;
    const talk = async (): Promise<boolean> => {
      // Within what a user may send, however fast the page is.
      if (performance.now() - saidAt > 100) {
        await ann.say('lobby', 'one more');
        saidAt = performance.now();
      }
      return (await figure('Connections')) === 2 && (await figure('Messages')) > 0 && (await figure('Deliveries')) > 0;
    };
    await until('the figures move', talk, 20_000);
    expect(bo.texts('lobby').length).toBeGreaterThan(0);
    for (const user of open.splice(0)) user.close();
    await until('they fall again', async () => (await figure('Connections')) === 0 && (await figure('Messages')) === 0, 20_000);
  });

  it('creates a tenant, users and a group', async () => {
    await watched.goTo('/tenants', 'Tenants');
    await button('New tenant').click();
    await dialog('New tenant').getByLabel('Id').fill('Not valid');
    await button('Create tenant').click();
    await page.getByText('1 to 63 of a-z, 0-9 and hyphens').waitFor();
    await dialog('New tenant').getByLabel('Id').fill('shop');
    await dialog('New tenant').getByLabel('Name').fill('The Shop');
    await button('Create tenant').click();
    await heading('The Shop');
    expect(watched.path()).toBe('/dashboard/tenants/shop');
    await tab('Keys').click();
    await button('New signing key').click();
    await button('Create signing key').click();
    await button('I have stored it').click();
    for (const [id, name] of [
      ['ann', 'Ann Li'],
      ['bo', 'Bo Berg'],
    ] as const) {
      await tab('Users').click();
      await heading('Users');
      await button('New user').click();
      await dialog('New user').getByLabel('Id').fill(id);
      await dialog('New user').getByLabel('Name').fill(name);
      await button('Create user').click();
      await heading(name);
    }
    await tab('Rooms').click();
    await heading('Rooms');
    await button('New room').click();
    const form = dialog('New room');
    await form.getByLabel('Name').fill('Support desk');
    await form.getByLabel('Id').fill('support');
    await form.getByLabel('Members').pressSequentially('ann,bo,');
    await button('Create room', form).click();
    await heading('Support desk');
    expect(watched.path()).toBe('/dashboard/tenants/shop/rooms/support');
  });

  it('follows a conversation live and speaks in it', async () => {
    const [ann, bo] = [await connect('shop', 'ann'), await connect('shop', 'bo')];
    await ann.say('support', 'said before');
    await watched.goTo('/tenants/shop/rooms/support', 'Support desk');
    expect(await page.getByText('said before').count()).toBe(0);
    await button('Show conversation').click();
    await log().getByText('said before').waitFor();
    await bo.say('support', 'said live');
    await log().getByText('said live').waitFor();

    await page.getByRole('combobox', { name: 'Send as' }).click();
    await page.getByRole('option', { name: 'Bo Berg' }).click();
    await page.getByRole('textbox', { name: 'Message' }).fill('said by the dashboard');
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await log().getByText('said by the dashboard').waitFor();
    const heard = await ann.seen('ann hears it', (event) => event.type === 'message.created' && event.data.message.seq === 3);
    expect(heard).toMatchObject({ data: { message: { text: 'said by the dashboard', sender: { id: 'bo' } } } });
    // The field is emptied by the answer, which the event may overtake.
    await until('the field is empty', async () => (await page.getByRole('textbox', { name: 'Message' }).inputValue()) === '');

    await log().getByText('said live').hover();
    await page.getByRole('button', { name: 'Delete message of Bo Berg' }).first().click();
    await dialog('Delete message').getByLabel('Reason').fill('off topic');
    await button('Delete message', dialog('Delete message')).click();
    await log().getByText('off topic').waitFor();
    await ann.seen('the tombstone', ({ type }) => type === 'message.deleted');
  });

  it('bans a user from the tenant with reason and expiry: its open chat ends; lifted, it works again', async () => {
    const bo = await connect('shop', 'bo');
    await watched.goTo('/tenants/shop/users/bo', 'Bo Berg');
    await button('Ban user').click();
    const form = dialog('Ban user');
    await form.getByLabel('Reason').fill('Sells umbrellas');
    await form.getByLabel('Ends').click();
    await page.getByRole('option', { name: 'In 1 day' }).click();
    await button('Ban user', form).click();
    await form.waitFor({ state: 'detached' });
    await page.getByText('Banned from the whole tenant').waitFor();
    await page.getByText('Sells umbrellas').waitFor();
    await until('the socket is closed', () => !bo.socket.connected);
    bo.socket.connect();
    await until('refused', () => bo.refusals.length > 0);
    expect(bo.refusals[0]).toMatchObject({ code: 'banned', reason: 'Sells umbrellas' });
    expect(Date.parse(bo.refusals[0]?.expiresAt ?? '') - Date.now()).toBeGreaterThan(23 * 3_600_000);

    await button('Lift ban').click();
    await button('Lift ban', dialog('Lift the ban of bo?')).click();
    await page.getByText('Banned from the whole tenant').waitFor({ state: 'detached' });
    const again = await connect('shop', 'bo');
    expect(await again.codeOfSaying('support', 'hello again')).toBe('ok');
  });

  it('bans from one room: the user is out of it at once, and may come back when lifted', async () => {
    const bo = await connect('shop', 'bo');
    await watched.goTo('/tenants/shop/users/bo', 'Bo Berg');
    await button('Ban user').click();
    const form = dialog('Ban user');
    await form.getByText('One room').click();
    await form.getByLabel('Room', { exact: true }).fill('support');
    await page.getByRole('option', { name: /support/ }).click();
    await form.getByLabel('Reason').fill('Shouting');
    await button('Ban user', form).click();
    await form.waitFor({ state: 'detached' });
    await bo.seen('out of the room', ({ type }) => type === 'room.exited');
    expect(await bo.codeOfSaying('support', 'still here?')).toBe('banned');
    expect(bo.socket.connected).toBe(true);

    await tab('Bans').click();
    await page.getByRole('row', { name: /bo.*Shouting/ }).waitFor();
    await button('Lift ban: bo').click();
    await button('Lift ban', dialog('Lift the ban of bo?')).click();
    await page.getByText('Nobody is banned').waitFor();
    await watched.goTo('/tenants/shop/rooms/support/members', 'Support desk');
    await button('Add members').click();
    await dialog('Add members').getByLabel('Users').pressSequentially('bo,');
    await button('Add', dialog('Add members')).click();
    await bo.seen('back in the room', ({ type }) => type === 'room.entered');
    expect(await bo.codeOfSaying('support', 'thank you')).toBe('ok');
  });

  it('mints a token and an API key that work', async () => {
    await watched.goTo('/tenants/shop/users/ann', 'Ann Li');
    await button('Mint token').click();
    await button('Mint token', dialog('Mint a user token')).click();
    const token = (await dialog('User token').getByLabel('Token', { exact: true }).first().innerText()).trim();
    expect(await new Rest(server.url, token).ask('GET', '/v1/me')).toMatchObject({ status: 200, body: { user: { id: 'ann' } } });
    await button('I have stored it').click();
    await tab('Keys').click();
    await button('New API key').click();
    await dialog('New API key').getByLabel('Name').fill('backend');
    await button('Create key').click();
    const key = (await dialog('Your new API key').getByLabel('API key', { exact: true }).first().innerText()).trim();
    expect((await new Rest(server.url, key).ask('GET', '/v1/users/ann')).status).toBe(200);
    await button('I have stored it').click();
    await dialog('Your new API key').waitFor({ state: 'detached' });
    await page.getByRole('table', { name: 'API keys' }).getByText('backend').waitFor();
    expect(await page.content()).not.toContain(key);
  });

  it('works by keyboard', async () => {
    await watched.goTo('/tenants/shop/users', 'Users');
    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Search and commands' }).fill('audit');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await heading('Audit');
    await page.getByRole('textbox', { name: 'Search and commands' }).waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await dialog('Keyboard shortcuts').getByText('Go to overview').waitFor();
    await page.keyboard.press('Escape');
    await dialog('Keyboard shortcuts').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await heading('Tenants');
    await page.keyboard.press('/');
    await page.keyboard.type('shop');
    await until('the list is filtered', () => watched.path() === '/dashboard/tenants?q=shop');
  });

  it('what was done stands in the audit log', async () => {
    await watched.goTo('/tenants/shop/audit', 'Audit');
    const table = page.getByRole('table', { name: 'Audit records' });
    for (const action of ['ban.create', 'ban.lift', 'room.read', 'message.send', 'message.delete'])
      await table.getByText(action).first().waitFor();
  });

  it('signs out, and comes back after sign-in to where one was; never to another site', async () => {
    const deep = '/dashboard/tenants/shop/users?q=ann';
    const signOut = async (): Promise<void> => {
      await button('Account').click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await heading('Sign in to Parley');
    };
    const { email } = server.firstRun.operator;
    const [before] = await watched.context.cookies();
    await signOut();
    const stale = await fetch(`${server.url}/v1/admin/tenants`, { headers: { cookie: `${before?.name}=${before?.value}` } });
    expect(stale.status).toBe(401);
    await page.goto(deep);
    await heading('Sign in to Parley');
    await watched.signIn(email, PASSWORD);
    await heading('Users');
    expect(watched.path()).toBe(deep);
    await page.getByRole('row', { name: /Ann Li/ }).waitFor();
    for (const evil of ['//evil.example/x', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      await signOut();
      await page.goto(`/dashboard/sign-in?next=${encodeURIComponent(evil)}`);
      await watched.signIn(email, PASSWORD);
      await heading('Overview');
      expect(page.url().replace(/\/$/, '')).toBe(`${server.url}/dashboard`);
    }
  });

  it('all along the browser had nothing to complain about', () => {
    expect(watched.faults).toEqual([]);
    const expected = /^401 (GET|POST) \/v1\/admin\/session$|^404 GET \/v1\/admin\/tenants\/shop\/users\/(ann|bo)$/;
    expect(watched.refusals.filter((refusal) => !expected.test(refusal))).toEqual([]);
  });
});
