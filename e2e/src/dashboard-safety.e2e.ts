import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, launch, Watched } from './browser.ts';
import { Rest } from './rest.ts';
import { ParleyServer } from './server.ts';
import { until } from './until.ts';

const PASSWORD = 'A river of 17 otters';
const PAGE_SIZE = 25;
const MANY = 120;
const TENANT = '/tenants/demo';

const PAYLOADS: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  '<svg/onload=alert(3)>',
  "';alert(4);//",
  '</title><script>alert(5)</script>',
  '<iframe srcdoc="<script>alert(6)</script>">',
  'javascript:alert(7)',
  '{{constructor.constructor("alert(8)")()}}',
  '<a href="javascript:alert(9)">press</a>',
  '<style>@import "//evil.example/10"</style>',
  '<math><mtext><img src=x onerror=alert(11)>',
  '&lt;img src=x onerror=alert(12)&gt;',
  '${alert(13)}',
];
/** Every page that shows what users wrote; the conversation is looked at separately. */
const WIDE_PAGES: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/tenants', 'Tenants'],
  ['/audit', 'Audit'],
  ['/operators', 'Operators'],
  ['/account', 'My account'],
  [TENANT, 'Demo'],
  [`${TENANT}/users`, 'Users'],
  [`${TENANT}/rooms`, 'Rooms'],
  [`${TENANT}/bans`, 'Bans'],
  [`${TENANT}/keys`, 'Keys'],
  [`${TENANT}/audit`, 'Audit'],
  [`${TENANT}/rooms/lobby`, 'Lobby'],
  [`${TENANT}/rooms/lobby/members`, 'Lobby'],
  [`${TENANT}/rooms/lobby/bans`, 'Lobby'],
  [`${TENANT}/rooms/lobby/settings`, 'Lobby'],
  [`${TENANT}/users/ann`, 'Ann'],
];

describe.skipIf(!hasBrowser('the safety of the dashboard'))('the dashboard with what users write, many of them, and small windows', () => {
  let server: ParleyServer;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  let api: Rest;

  beforeAll(async () => {
    server = await ParleyServer.start();
    api = new Rest(server.url, server.firstRun.tenant.apiKey);
    browser = await launch();
    watched = await Watched.open(browser, server.url);
    page = watched.page;
    const { email, password } = server.firstRun.operator;
    await page.goto('/dashboard/');
    await watched.signIn(email, password);
    await watched.choosePassword(password, PASSWORD);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  afterAll(async () => {
    await browser.close();
    await server.dispose();
  });

  /** Shown as the text it is, and the browser made no element of it. */
  async function isText(payload: string): Promise<void> {
    await page.getByText(payload, { exact: true }).first().waitFor();
  }

  async function showsNoElements(): Promise<void> {
    expect(await page.locator('main :is(script, iframe, math, object, embed, [onerror], [onload], [href^="javascript:" i])').count()).toBe(
      0,
    );
    expect(await page.evaluate(() => document.querySelectorAll('img[src="x"], [href*="evil.example"]').length)).toBe(0);
  }

  it('shows every payload as text, wherever a user can put one', async () => {
    for (const [index, name] of PAYLOADS.entries()) {
      await api.must('PUT', `/v1/users/xss-${index}`, { name, metadata: { note: name } });
      await api.must('POST', '/v1/rooms', {
        id: `xss-${index}`,
        kind: 'group',
        name,
        members: [`xss-${index}`, 'ann'],
        metadata: { note: name },
      });
    }
    const members = PAYLOADS.map((_, index) => `xss-${index}`);
    await api.must('POST', '/v1/rooms', { id: 'xss', kind: 'group', name: PAYLOADS[0], members });
    for (const [index, text] of PAYLOADS.entries())
      await api
        .as(`xss-${index}`)
        .must('POST', '/v1/rooms/xss/messages', { clientMessageId: `xss-${index}`, text, metadata: { note: text } });
    for (const [index, reason] of PAYLOADS.entries()) await api.must('POST', '/v1/rooms/lobby/bans', { userId: `xss-${index}`, reason });

    await watched.goTo(`${TENANT}/users`, 'Users');
    for (const payload of PAYLOADS) await isText(payload);
    await showsNoElements();
    await watched.goTo(`${TENANT}/rooms`, 'Rooms');
    for (const payload of PAYLOADS) await isText(payload);
    await showsNoElements();
    await watched.goTo(`${TENANT}/bans`, 'Bans');
    for (const payload of PAYLOADS) await isText(payload);
    await showsNoElements();
    for (const [index, payload] of PAYLOADS.entries()) {
      await watched.goTo(`${TENANT}/users/xss-${index}`, payload);
      expect(await page.title()).toBe(`${payload} · Parley`);
      expect(await page.getByLabel('Name').inputValue()).toBe(payload);
      await showsNoElements();
    }
  });

  it('so does the conversation, in messages, quotes, names and deletions', async () => {
    const history = await api.must<{ readonly items: readonly { readonly id: string }[] }>('GET', '/v1/rooms/xss/messages');
    const [first, second] = history.items;
    await api.as('xss-1').must('POST', '/v1/rooms/xss/messages', { clientMessageId: 'xss-reply', text: 'quoting', replyTo: first?.id });
    await api.must('DELETE', `/v1/rooms/xss/messages/${second?.id}`, { reason: PAYLOADS[2] });
    await watched.goTo(`${TENANT}/rooms/xss`, PAYLOADS[0] ?? '');
    await page.getByRole('button', { name: 'Show conversation' }).click();
    const log = page.getByRole('log', { name: 'Messages' });
    await log.getByText('quoting').waitFor();
    for (const [index, payload] of PAYLOADS.entries()) {
      if (index !== 1) await log.getByText(payload, { exact: true }).first().waitFor();
      await log.getByRole('link', { name: payload, exact: true }).first().waitFor();
    }
    await api.as('xss-3').must('POST', '/v1/rooms/xss/messages', { clientMessageId: 'xss-live', text: `live ${PAYLOADS[1]}` });
    await log.getByText(`live ${PAYLOADS[1]}`, { exact: true }).waitFor();
    await showsNoElements();
  });

  it('an address that would run is refused as a picture', async () => {
    for (const image of ['javascript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'x" onerror="alert(1)'])
      expect(await api.ask('PUT', '/v1/users/painter', { name: 'Painter', image })).toMatchObject({ status: 400 });
  });

  it('turns the pages of a long list, with the page kept in the address', async () => {
    const tenantApi = await newTenant('many');
    for (let from = 0; from < MANY; from += 100) {
      const users = Array.from({ length: Math.min(100, MANY - from) }, (_, index) => idOf(from + index)).map((id) => ({
        id,
        name: `User ${id}`,
      }));
      await tenantApi.must('POST', '/v1/users/batch', { users });
    }
    await watched.goTo('/tenants/many/users', 'Users');
    const pages = Math.ceil(MANY / PAGE_SIZE);
    const next = page.getByRole('button', { name: 'Next' });
    const previous = page.getByRole('button', { name: 'Previous' });
    const seen = new Set<string>();
    const addresses: string[] = [];
    for (let number = 0; number < pages; number += 1) {
      await row(number * PAGE_SIZE).waitFor();
      for (const id of await page.locator('tbody tr').allInnerTexts()) seen.add(id);
      addresses.push(watched.path());
      if (number < pages - 1) await next.click();
    }
    expect(seen.size).toBe(MANY);
    expect(new Set(addresses).size).toBe(pages);
    expect(await next.isDisabled()).toBe(true);

    await page.reload();
    await row((pages - 1) * PAGE_SIZE).waitFor();
    expect(watched.path()).toBe(addresses.at(-1));
    await previous.click();
    await row((pages - 2) * PAGE_SIZE).waitFor();
    expect(watched.path()).toBe(addresses.at(-2));
    await page.goBack();
    await row((pages - 1) * PAGE_SIZE).waitFor();
    await page.goBack();
    await row((pages - 2) * PAGE_SIZE).waitFor();
    await page.getByRole('link', { name: `User ${idOf((pages - 2) * PAGE_SIZE)}` }).click();
    await page.getByRole('heading', { level: 1, name: `User ${idOf((pages - 2) * PAGE_SIZE)}` }).waitFor();
    await page.goBack();
    await row((pages - 2) * PAGE_SIZE).waitFor();
    expect(watched.path()).toBe(addresses.at(-2));
  });

  it('fits into 390 and 1440 pixels without scrolling sideways, dark and light', async () => {
    for (const [path, heading] of WIDE_PAGES) {
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 390, height: 844 });
      await watched.goTo(path, heading);
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      expect(await watched.sidewaysScroll(), `${path} at 390`).toBeLessThanOrEqual(0);
      await until(`${path} is dark`, async () => (await brightness()) < 0.2);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1440, height: 900 });
      expect(await watched.sidewaysScroll(), `${path} at 1440`).toBeLessThanOrEqual(0);
      await until(`${path} is light`, async () => (await brightness()) > 0.8);
    }
  });

  it('would notice: a script that gets into the page is stopped by the policy and counted', async () => {
    const other = await Watched.open(browser, server.url);
    await other.page.goto('/dashboard/sign-in');
    await other.page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="alert(1)">'));
    await until('the violation is counted', () => other.faults.some((fault) => fault.startsWith('CSP: script-src-attr')));
    expect(other.faults.filter((fault) => fault.startsWith('dialog'))).toEqual([]);
    await other.context.close();
  });

  it('all along the browser had nothing to complain about', () => {
    expect(watched.faults).toEqual([]);
    expect(watched.refusals.filter((refusal) => refusal !== '401 GET /v1/admin/session')).toEqual([]);
  });

  const idOf = (index: number): string => `u-${String(index).padStart(3, '0')}`;
  const row = (index: number) => page.getByRole('row', { name: new RegExp(`User ${idOf(index)}`) });

  /** Made by hand in the dashboard; its key is read off the screen. */
  async function newTenant(id: string): Promise<Rest> {
    await watched.goTo('/tenants', 'Tenants');
    await page.getByRole('button', { name: 'New tenant' }).click();
    await page.getByRole('dialog').getByLabel('Id').fill(id);
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await until('the tenant is shown', () => watched.path() === `/dashboard/tenants/${id}`);
    await watched.goTo(`/tenants/${id}/keys`, 'Keys');
    await page.getByRole('button', { name: 'New API key' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('e2e');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = await page.getByRole('dialog', { name: 'Your new API key' }).getByLabel('API key', { exact: true }).innerText();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    return new Rest(server.url, key.trim());
  }

  /** Of the page's ground, 0 to 1. */
  async function brightness(): Promise<number> {
    const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const parts = [...colour.matchAll(/\d+/g)].slice(0, 3).map(([digits]) => Number(digits));
    return parts.reduce((sum, part) => sum + part, 0) / (3 * 255);
  }
});
