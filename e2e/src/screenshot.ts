// Makes docs/dashboard.png: `npm -w @parley/e2e run screenshot`. With a folder as argument it takes all main pages into it instead.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, Watched } from './browser.ts';
import { PlainUser } from './plain.ts';
import { Rest } from './rest.ts';
import { ParleyServer, REPOSITORY } from './server.ts';
import { until } from './until.ts';

const PASSWORD = 'A river of 17 otters';
const TENANTS = [
  ['acme', 'Acme Ltd', 3],
  ['harbour', 'Harbour Logistics', 2],
  ['bakery', 'Corner Bakery', 1],
] as const;
const NAMES = ['Ann Li', 'Bo Berg', 'Chidi Okafor', 'Dana Novak', 'Emre Yildiz', 'Freja Holm'];
const LINES = [
  'Good morning! The delivery is on its way.',
  'Great, thank you. When do you expect it?',
  'Around ten, the driver will call.',
  'Perfect.',
  'Could you also bring the spare labels?',
  'Already packed.',
];
/** Long enough for the curves of the overview to have a shape. */
const TRAFFIC_MS = 45_000;
const FADE_MS = 600;

async function breath(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await until('a breath', () => performance.now() >= end, ms + 1_000);
}

const folder = process.argv[2];
const server = await ParleyServer.start();
const browser = await launch();
try {
  const watched = await Watched.open(browser, server.url, { colorScheme: 'light' });
  const { email, password } = server.firstRun.operator;
  await watched.page.goto('/dashboard/');
  await watched.signIn(email, password);
  await watched.choosePassword(password, PASSWORD);
  await watched.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

  const users = await populate();
  const end = performance.now() + (folder === undefined ? TRAFFIC_MS : TRAFFIC_MS / 3);
  for (let count = 0; performance.now() < end; count += 1) {
    const user = users[count % users.length];
    if (user) await user.say('support', LINES[count % LINES.length] ?? '');
    await breath(100 + 200 * Math.abs(Math.sin(count / 40)));
  }
  if (folder === undefined) await picture();
  else await everything(folder);
  if (watched.faults.length > 0) throw new Error(watched.faults.join('\n'));

  async function picture(): Promise<void> {
    // The welcome is for the first hour; the picture shows a server at work.
    await watched.page.evaluate(() => localStorage.setItem('parley-started', 'true'));
    await watched.goTo('/', 'Overview');
    await watched.page.getByRole('status', { name: 'Live', exact: true }).waitFor();
    await breath(FADE_MS);
    await watched.page.screenshot({ path: join(REPOSITORY, 'docs/dashboard.png') });
  }

  async function everything(into: string): Promise<void> {
    mkdirSync(into, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1440, 390]) {
        await watched.page.emulateMedia({ colorScheme });
        await watched.page.setViewportSize({ width, height: width > 1000 ? 900 : 844 });
        for (const [name, path, heading] of [
          ['overview', '/', 'Overview'],
          ['tenants', '/tenants', 'Tenants'],
          ['tenant', '/tenants/acme', 'Acme Ltd'],
          ['users', '/tenants/acme/users', 'Users'],
          ['user', '/tenants/acme/users/u1', 'Bo Berg'],
          ['rooms', '/tenants/acme/rooms', 'Rooms'],
          ['conversation', '/tenants/acme/rooms/support', 'Support desk'],
          ['members', '/tenants/acme/rooms/support/members', 'Support desk'],
          ['bans', '/tenants/acme/bans', 'Bans'],
          ['keys', '/tenants/acme/keys', 'Keys'],
          ['audit', '/tenants/acme/audit', 'Audit'],
          ['nodes', '/nodes', 'Nodes'],
        ] as const) {
          await watched.goTo(path, heading);
          if (name === 'conversation') await watched.page.getByRole('button', { name: 'Show conversation' }).click();
          await breath(FADE_MS);
          await watched.page.screenshot({ path: join(into, `${name}-${width}-${colorScheme}.png`) });
        }
      }
  }

  /** Tenants with users who are connected; those of the first one share a room. */
  async function populate(): Promise<readonly PlainUser[]> {
    const speakers: PlainUser[] = [];
    for (const [id, name, sockets] of TENANTS) {
      await operate('POST', '/v1/admin/tenants', { id, name });
      await operate('POST', `/v1/admin/tenants/${id}/signing-keys`, {});
      const { secret } = await operate<{ readonly secret: string }>('POST', `/v1/admin/tenants/${id}/keys`, { name: 'backend' });
      const api = new Rest(server.url, secret);
      const userIds = NAMES.map((_, index) => `u${index}`);
      await api.must('POST', '/v1/users/batch', { users: NAMES.map((userName, index) => ({ id: `u${index}`, name: userName })) });
      await api.must('POST', '/v1/rooms', { id: 'support', kind: 'group', name: 'Support desk', members: userIds });
      await api.must('POST', '/v1/rooms', { id: 'news', kind: 'channel', name: 'News', members: userIds.slice(0, 2) });
      await api.must('POST', '/v1/rooms/support/bans', { userId: 'u5', reason: 'Advertising in every room', expiresInSeconds: 86_400 });
      await api.must('POST', '/v1/bans', { userId: 'u4', reason: 'Threats' });
      for (const userId of userIds.slice(0, sockets)) {
        const user = await PlainUser.connect(server.url, await api.token(userId));
        if (id === 'acme') speakers.push(user);
      }
    }
    return speakers;
  }

  async function operate<T>(method: string, path: string, body: object): Promise<T> {
    const context = JSON.parse(readFileSync(join(server.dataDir, 'chatctl-context.json'), 'utf8')) as { readonly token: string };
    return new Rest(server.url, context.token).must<T>(method, path, body);
  }
} finally {
  await browser.close();
  await server.dispose();
}
process.exit(0);
