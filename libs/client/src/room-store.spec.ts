import { expect, it } from 'vitest';
import { ChatClient } from './chat-client.js';
import { MemoryOutbox } from './outbox-storage.js';
import { FakeConnection } from './testing/fake-connection.js';
import type { FakeRoom } from './testing/fake-room.js';
import { FakeServer } from './testing/fake-server.js';
import { ManualTimers, quiet } from './testing/manual-timers.js';

interface Scene {
  readonly client: ChatClient;
  readonly room: FakeRoom;
  readonly server: FakeServer;
  readonly connection: FakeConnection;
  readonly timers: ManualTimers;
  /** Names of packets that do not arrive until `release`. */
  readonly held: Set<string>;
  readonly release: () => Promise<void>;
}

/** `me` and `bo` in one room with some messages, over a network that holds what the test names. */
async function aScene(messages = 8): Promise<Scene> {
  const server = new FakeServer();
  const room = server.open('crew', ['me', 'bo']);
  for (let said = 1; said <= messages; said += 1) room.say('bo', { clientMessageId: String(said), text: String(said) });
  const held = new Set<string>();
  const waiting: (() => void)[] = [];
  const pass = (what: string): Promise<void> => (held.has(what) ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
  const timers = new ManualTimers();
  const connections: FakeConnection[] = [];
  const net = { pass, copies: () => 1, losesAnswer: () => false };
  const connect = (resume: ConstructorParameters<typeof FakeConnection>[3]): FakeConnection => {
    const connection = new FakeConnection('me', server, net, resume);
    connections.push(connection);
    return connection;
  };
  const client = new ChatClient({ url: 'http://localhost', timers, storage: new MemoryOutbox(), connect });
  await client.connect();
  const release = async (): Promise<void> => {
    held.clear();
    for (const go of waiting.splice(0)) go();
    await quiet();
  };
  return { client, room, server, timers, held, release, connection: connections[0] as FakeConnection };
}

const seqs = ({ client }: Scene): number[] => client.room('crew').state.messages.map(({ seq }) => seq);

it('loads the newest messages, then older ones page by page', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  expect(seqs(scene)).toEqual([6, 7, 8]);
  expect([await handle.loadOlder(), await handle.loadOlder(), await handle.loadOlder()]).toEqual([true, false, false]);
  expect(seqs(scene)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it('does not show what was deleted while an older page was on its way', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  scene.held.add('message.list answer');
  const older = handle.loadOlder();
  await quiet();
  scene.server.change(scene.room, () => scene.room.delete(4));
  await quiet();
  await scene.release();
  await older;
  expect(handle.state.messages.find(({ seq }) => seq === 4)).toMatchObject({ deleted: { by: 'mod' }, text: undefined });
});

it('does not join a page to a state that was loaded anew meanwhile', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  scene.held.add('message.list answer');
  const older = handle.loadOlder();
  await quiet();
  scene.room.loseTail(6);
  scene.connection.beacon();
  await quiet();
  await scene.release();
  await older;
  await quiet();
  expect([handle.state.epoch, seqs(scene)]).toEqual([2, [1, 2]]);
});

it('misses nothing that happens between the snapshot and the first event', async () => {
  const scene = await aScene(0);
  scene.held.add('message.list');
  const handle = scene.client.room('crew');
  await quiet();
  scene.server.change(scene.room, () => scene.room.say('bo', { clientMessageId: 'x', text: 'in between' }));
  await quiet();
  await scene.release();
  await handle.loaded();
  expect(handle.state.messages.map(({ text }) => text)).toEqual(['in between']);
  expect(handle.state.pts).toBe(scene.room.pts);
});

it('gives the same snapshot until something changes, and a new one then', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  const before = handle.getSnapshot();
  let changes = 0;
  const stop = handle.subscribe(() => (changes += 1));
  expect(handle.getSnapshot()).toBe(before);
  scene.server.change(scene.room, () => scene.room.rename('Crew'));
  await quiet();
  expect([changes, handle.getSnapshot() === before, before.room?.name, handle.state.room?.name]).toEqual([1, false, undefined, 'Crew']);
  stop();
});

it('shows a message at once, and after the answer as it was stored', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  scene.held.add('message.send');
  const sent = handle.send({ text: 'mine' });
  expect(handle.state.pending.map(({ draft, status }) => [draft.text, status])).toEqual([['mine', 'sending']]);
  await scene.release();
  expect(await sent).toMatchObject({ text: 'mine', seq: 9 });
  expect([handle.state.pending, handle.state.messages.at(-1)?.text]).toEqual([[], 'mine']);
});

it('marks as read at once, and tells the server again until it knows', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  scene.held.add('receipt.mark');
  handle.markRead();
  expect(handle.state.room?.me?.unread).toBe(0);
  scene.connection.drop();
  await scene.release();
  await quiet();
  expect(scene.room.contents().members.get('me')?.readSeq).toBe(8);
});

it('learns after a reconnect how far others have read, although no log says so', async () => {
  const scene = await aScene();
  const handle = scene.client.room('crew');
  await handle.loaded();
  await handle.send({ text: 'nine' });
  scene.room.mark('bo', 9, 9);
  expect(handle.state.members.get('bo')?.readSeq).toBe(8);
  scene.connection.drop();
  await quiet();
  expect(handle.state.members.get('bo')?.readSeq).toBe(9);
});

it('says why a room cannot be read', async () => {
  const scene = await aScene();
  scene.server.open('secret', ['bo']);
  const handle = scene.client.room('secret');
  await expect(handle.loaded()).rejects.toMatchObject({ code: 'not-a-member' });
  expect([handle.state.status, handle.state.problem?.code]).toEqual(['failed', 'not-a-member']);
});

it('shows a room the user has entered, and lets it go when the user is out', async () => {
  const scene = await aScene();
  const notices: string[] = [];
  scene.client.on('room', ({ type, roomId }) => notices.push(`${type} ${roomId}`));
  await scene.client.rooms.loadMore();
  const pub = scene.server.open('pub', ['bo']);
  scene.server.enter(pub, 'me');
  await quiet();
  expect(scene.client.rooms.getSnapshot().rooms.map(({ id, me }) => [id, me?.role])).toEqual([
    ['pub', 'member'],
    ['crew', 'member'],
  ]);
  scene.server.expel(pub, 'me');
  await quiet();
  expect(scene.client.rooms.getSnapshot().rooms.map(({ id }) => id)).toEqual(['crew']);
  expect(notices).toEqual(['entered pub', 'exited pub']);
});

it('does not let a listener that throws disturb the others', async () => {
  const scene = await aScene();
  const errors: unknown[] = [];
  const told: string[] = [];
  scene.client.on('error', (error) => errors.push(error));
  scene.client.on('message', () => {
    throw new Error('mine');
  });
  scene.client.on('message', ({ text }) => told.push(text ?? ''));
  scene.server.change(scene.room, () => scene.room.say('bo', { clientMessageId: 'x', text: 'on' }));
  await quiet();
  expect([told, errors.map(String)]).toEqual([['on'], ['Error: mine']]);
});

it('marks new messages read after a restore took back those that were marked', async () => {
  const scene = await aScene(3);
  const handle = scene.client.room('crew');
  await handle.loaded();
  handle.markRead();
  await quiet();
  scene.room.loseTail(2);
  scene.connection.drop();
  await quiet();
  scene.server.change(scene.room, () => scene.room.say('bo', { clientMessageId: 'new', text: 'new' }));
  await quiet();
  expect([handle.state.room?.lastSeq, handle.state.room?.me?.unread]).toEqual([2, 1]);
  handle.markRead();
  await quiet();
  expect([handle.state.room?.me?.unread, scene.room.view('me').me?.unread]).toEqual([0, 0]);
});

it('lists a restored room as it is, without what was read in its earlier life', async () => {
  const scene = await aScene(3);
  await scene.client.rooms.loadMore();
  scene.server.change(scene.room, () => scene.room.say('me', { clientMessageId: 'mine', text: 'mine' }));
  await quiet();
  scene.held.add('room.get');
  scene.room.loseTail(3);
  scene.connection.drop();
  await quiet();
  for (const text of ['a', 'b', 'c', 'd']) scene.server.change(scene.room, () => scene.room.say('bo', { clientMessageId: text, text }));
  await quiet();
  await scene.release();
  const [listed] = scene.client.rooms.getSnapshot().rooms;
  expect([listed?.lastSeq, listed?.me?.readSeq, listed?.me?.unread]).toEqual([5, 1, 4]);
});
