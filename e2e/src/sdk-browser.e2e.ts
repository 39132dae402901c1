import { fileURLToPath } from 'node:url';
import type { Message } from '@parley/protocol';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasBrowser, launch } from './browser.ts';
import { Rest } from './rest.ts';
import { ParleyServer } from './server.ts';
import { until } from './until.ts';

const PAGE = '/sdk-page';
const HEAL_MS = 30_000;
/** A page that came from no address counts as one from outside, which may not talk to this machine. */
const LOCAL_PAGE = '--disable-features=LocalNetworkAccessChecks';

/** The SDK as an app's own build would bundle it. */
async function bundled(): Promise<string> {
  const entry = fileURLToPath(new URL('./sdk-in-page.ts', import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'sdk' } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = output && 'output' in output ? output.output[0] : undefined;
  if (!chunk) throw new Error('the SDK was not bundled');
  return chunk.code;
}

describe.skipIf(!hasBrowser('the SDK in a real browser'))('the SDK in a real browser', () => {
  let server: ParleyServer;
  let api: Rest;
  let browser: Browser;
  let code: string;
  let context: BrowserContext;
  /** Texts of all `message.send` packets of all pages, in the order they left. */
  let frames: string[];
  let rooms = 0;
  let roomId: string;

  beforeAll(async () => {
    [server, browser, code] = await Promise.all([ParleyServer.start(), launch(LOCAL_PAGE), bundled()]);
    api = new Rest(server.url, server.firstRun.tenant.apiKey);
  });

  beforeEach(async () => {
    rooms += 1;
    roomId = `page-${rooms}`;
    frames = [];
    await api.must('POST', '/v1/rooms', { id: roomId, kind: 'group', members: ['bo', 'ann'] });
    context = await browser.newContext();
    await context.exposeFunction('mintToken', (userId: string) => api.token(userId));
    // Served by the browser's own hand, so that a page can be loaded again while there is no server.
    await context.route(`**${PAGE}`, (route) =>
      route.fulfill({ contentType: 'text/html', body: `<!doctype html><script type="module" src="${PAGE}.js"></script>` }),
    );
    await context.route(`**${PAGE}.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
  });

  afterEach(() => context.close());

  afterAll(async () => {
    await browser.close();
    await server.dispose();
  });

  async function begin(page: Page): Promise<void> {
    await page.waitForFunction(() => window.chat !== undefined);
    await page.evaluate((url) => window.chat.begin(url, 'ann'), server.url);
    await page.evaluate(() => void window.chat.connect().catch(() => undefined));
  }

  async function tab(setup: () => void = () => undefined): Promise<Page> {
    const page = await context.newPage();
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        const sent = /"message\.send",(\{.*\})\]$/.exec(String(payload));
        if (sent?.[1]) frames.push((JSON.parse(sent[1]) as { text: string }).text);
      }),
    );
    await page.addInitScript(setup);
    await page.goto(`${server.url}${PAGE}`);
    await begin(page);
    return page;
  }

  const isOnline = (page: Page): Promise<unknown> =>
    page.waitForFunction(() => window.chat.state() === 'online', undefined, { timeout: HEAL_MS });
  const isOffline = (page: Page): Promise<unknown> => page.waitForFunction(() => window.chat.state() !== 'online');
  const say = (page: Page, text: string): Promise<string> =>
    page.evaluate(([room, said]) => window.chat.say(room, said), [roomId, text] as const);
  const pending = (page: Page): Promise<readonly { text: string; id: string; status: string; code?: string }[]> =>
    page.evaluate((room) => [...window.chat.pending(room)], roomId);
  const history = async (): Promise<readonly Message[]> =>
    (await api.must<{ items: Message[] }>('GET', `/v1/rooms/${roomId}/messages?limit=100`)).items;
  const textsOf = (messages: readonly Message[]): readonly (string | undefined)[] => messages.map(({ text }) => text);

  async function stored(count: number): Promise<readonly Message[]> {
    return until(`${count} messages are stored`, async () => ((await history()).length >= count ? history() : undefined), HEAL_MS);
  }

  it('what was said without a server survives a reload, and arrives once, in order, under the same ids', async () => {
    const page = await tab();
    await isOnline(page);
    await say(page, 'before');
    await stored(1);
    await server.kill();
    await isOffline(page);
    const ids = [await say(page, 'one'), await say(page, 'two'), await say(page, 'three')];
    await page.reload();
    await begin(page);
    await until('they are shown again', async () => (await pending(page)).length === 3);
    expect((await pending(page)).map(({ text, id }) => [text, id])).toEqual([
      ['one', ids[0]],
      ['two', ids[1]],
      ['three', ids[2]],
    ]);
    await say(page, 'four');
    await server.startAgain();
    const messages = await stored(5);
    expect(textsOf(messages)).toEqual(['before', 'one', 'two', 'three', 'four']);
    expect(messages.slice(1, 4).map(({ clientMessageId }) => clientMessageId)).toEqual(ids);
    await until('nothing waits', async () => (await pending(page)).length === 0, HEAL_MS);
    expect(await page.evaluate(() => window.chat.errors)).toEqual([]);
    await page.reload();
    await begin(page);
    await isOnline(page);
    await say(page, 'after');
    expect(textsOf(await stored(6))).toEqual(['before', 'one', 'two', 'three', 'four', 'after']);
    expect(frames).toEqual(['before', 'one', 'two', 'three', 'four', 'after']);
  });

  it('two tabs send what was said in each, once; and one takes over from another that was killed', async () => {
    const [one, other] = [await tab(), await tab()];
    await Promise.all([isOnline(one), isOnline(other)]);
    await server.kill();
    await Promise.all([isOffline(one), isOffline(other)]);
    const ids = [await say(one, 'one 1'), await say(one, 'one 2')];
    for (const text of ['other 1', 'other 2']) await say(other, text);
    await other.reload();
    await begin(other);
    await until('its own are shown again, not the other tab’s', async () => (await pending(other)).length === 2);
    expect((await pending(other)).map(({ text }) => text)).toEqual(['other 1', 'other 2']);

    const devtools = await context.newCDPSession(one);
    const crashed = one.waitForEvent('crash');
    devtools.send('Page.crash').catch(() => undefined); // It answers no more.
    await crashed;
    await server.startAgain();
    const messages = await stored(4);
    expect([...textsOf(messages)].sort()).toEqual(['one 1', 'one 2', 'other 1', 'other 2']);
    expect(messages.filter(({ text }) => text?.startsWith('one')).map(({ clientMessageId }) => clientMessageId)).toEqual(ids);
    expect(textsOf(messages).filter((text) => text?.startsWith('other'))).toEqual(['other 1', 'other 2']);
    await until('nothing waits', async () => (await pending(other)).length === 0, HEAL_MS);
    expect([...frames].sort()).toEqual(['one 1', 'one 2', 'other 1', 'other 2']);
  });

  it('shows what was refused for good as failed, also after a reload, and lets the next one go', async () => {
    const page = await tab();
    await isOnline(page);
    await api.must('PATCH', `/v1/rooms/${roomId}/members/ann`, { muteSeconds: 0 });
    await say(page, 'muted');
    await until('it failed', async () => (await pending(page))[0]?.status === 'failed');
    await api.must('PATCH', `/v1/rooms/${roomId}/members/ann`, { muteSeconds: null });
    await say(page, 'next');
    expect(textsOf(await stored(1))).toEqual(['next']);
    await page.reload();
    await begin(page);
    await isOnline(page);
    await until('it is shown again', async () => (await pending(page)).length === 1);
    expect(await pending(page)).toMatchObject([{ text: 'muted', status: 'failed', code: 'muted' }]);
    expect(frames).toEqual(['muted', 'next']);
  });

  it.each<[string, () => void]>([
    ['there is no IndexedDB', () => Object.defineProperty(window, 'indexedDB', { value: undefined })],
    [
      'it may not be opened',
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('denied', 'SecurityError');
        };
      },
    ],
    [
      'it is full',
      () => {
        IDBObjectStore.prototype.put = () => {
          throw new DOMException('full', 'QuotaExceededError');
        };
      },
    ],
  ])('sends all the same and says so once, where %s', async (_, setup) => {
    const page = await tab(setup);
    await isOnline(page);
    for (const text of ['one', 'two']) await say(page, text);
    expect(textsOf(await stored(2))).toEqual(['one', 'two']);
    await until('it was said', async () => (await page.evaluate(() => window.chat.errors)).length > 0);
    expect(await page.evaluate(() => window.chat.errors)).toEqual(['storage-failed']);
  });

  it('sends once and tells once while the clock of the device leaps by an hour, either way', async () => {
    const page = await tab(() => {
      const { now } = Date;
      let leap = 0;
      Date.now = () => now() + leap;
      Object.assign(window, { leap: (ms: number) => (leap = ms) });
    });
    await isOnline(page);
    const texts: string[] = [];
    for (const hours of [1, -1, 0, 1]) {
      await page.evaluate((ms) => (window as unknown as { leap(ms: number): void }).leap(ms), hours * 3_600_000);
      for (const text of [`${texts.length} mine`, `${texts.length} mine too`]) {
        texts.push(text);
        await say(page, text);
      }
    }
    expect(textsOf(await stored(texts.length))).toEqual(texts);
    await until(
      'all is shown',
      async () => (await page.evaluate((room) => window.chat.texts(room).length, roomId)) === texts.length,
      HEAL_MS,
    );
    const told = await page.evaluate((room) => window.chat.told.filter((event) => event.roomId === room).map(({ pts }) => pts), roomId);
    expect(told).toEqual(told.map((_, index) => (told[0] ?? 0) + index));
    expect([told.length, [...frames]]).toEqual([texts.length, texts]);
  });
});
