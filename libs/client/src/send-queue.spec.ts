import type { Message } from '@parley/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from './http.js';
import { MemoryOutbox, type OutboxEntry, type OutboxStorage } from './outbox-storage.js';
import { SendQueue, type SendQueuePorts } from './send-queue.js';
import { refusal } from './testing/fake-server.js';
import { ManualTimers, quiet } from './testing/manual-timers.js';

interface Attempt {
  readonly entry: OutboxEntry;
  readonly commit: () => Promise<void>;
  readonly refuse: (error: ParleyError) => Promise<void>;
}

let timers: ManualTimers;
let storage: MemoryOutbox;
let attempts: Attempt[];
let isSynced: boolean;
let shown: readonly OutboxEntry[];

const messageOf = ({ clientMessageId, roomId, draft }: OutboxEntry): Message =>
  ({ id: `m-${draft.text}`, clientMessageId, roomId, text: draft.text }) as Message;

function aQueue(more: Partial<SendQueuePorts> = {}): SendQueue {
  return new SendQueue({
    timers,
    storage,
    maySend: () => isSynced,
    onChange: (_, entries) => (shown = entries),
    onSent: () => undefined,
    onStorageError: () => undefined,
    send: (entry) =>
      new Promise((resolve, reject) => {
        const after = (act: () => void) => async () => {
          act();
          await quiet();
        };
        attempts.push({ entry, commit: after(() => resolve(messageOf(entry))), refuse: (error) => after(() => reject(error))() });
      }),
    ...more,
  });
}

async function online(queue: SendQueue, userId = 'ann'): Promise<void> {
  queue.identify(userId);
  queue.start();
  await quiet();
}

const texts = (entries: readonly OutboxEntry[]): string[] => entries.map(({ draft }) => draft.text);
const stored = async (): Promise<readonly OutboxEntry[]> => (await quiet(), storage.load());

beforeEach(() => {
  [timers, storage, attempts, isSynced, shown] = [new ManualTimers(), new MemoryOutbox(), [], true, []];
});

it('sends one message of a room at a time, in the order they were said, and resolves with what was stored', async () => {
  const queue = aQueue();
  await online(queue);
  const first = queue.send('crew', { text: 'one' });
  void queue.send('crew', { text: 'two' });
  expect(texts(attempts.map(({ entry }) => entry))).toEqual(['one']);
  expect(shown.map(({ status }) => status)).toEqual(['sending', 'queued']);
  await attempts[0]?.commit();
  expect((await first).id).toBe('m-one');
  expect(texts(attempts.map(({ entry }) => entry))).toEqual(['one', 'two']);
});

it('waits for the room to be synced, and for nothing in another room', async () => {
  const queue = aQueue({ maySend: (roomId) => roomId !== 'crew' || isSynced });
  isSynced = false;
  await online(queue);
  void queue.send('crew', { text: 'late' });
  void queue.send('pub', { text: 'now' });
  expect(texts(attempts.map(({ entry }) => entry))).toEqual(['now']);
  isSynced = true;
  queue.flush('crew');
  expect(texts(attempts.map(({ entry }) => entry))).toEqual(['now', 'late']);
});

describe('when the outcome is not known', () => {
  it('repeats the same message under the same id, later and later, before anything said after it', async () => {
    const queue = aQueue();
    await online(queue);
    void queue.send('crew', { text: 'one' });
    void queue.send('crew', { text: 'two' });
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 7; tries += 1) {
      await attempts.at(-1)?.refuse(refusal('timeout', 0, true));
      waits.push(timers.next);
      timers.advance(timers.next ?? 0);
    }
    expect(waits).toEqual([1_500, 2_500, 4_500, 8_500, 15_500, 15_500, 15_500]);
    expect(new Set(attempts.map(({ entry }) => entry.clientMessageId)).size).toBe(1);
    expect(texts(shown)).toEqual(['one', 'two']);
  });

  it('waits as long as the server asked', async () => {
    const queue = aQueue();
    await online(queue);
    void queue.send('crew', { text: 'one' });
    await attempts[0]?.refuse(new ParleyError({ ...refusal('rate-limited', 429, true).problem, retryAfterMs: 20_000 }));
    expect(timers.next).toBe(25_000);
  });

  it('takes the echo for the answer', async () => {
    const queue = aQueue();
    await online(queue);
    const sent = queue.send('crew', { text: 'one' });
    queue.settle(messageOf(attempts[0]?.entry as OutboxEntry));
    expect((await sent).id).toBe('m-one');
    await attempts[0]?.refuse(refusal('timeout', 0, true));
    expect([shown, await stored(), timers.next]).toEqual([[], [], undefined]);
  });

  it('sends at once when the connection is back', async () => {
    const queue = aQueue();
    await online(queue);
    void queue.send('crew', { text: 'one' });
    queue.stop();
    await attempts[0]?.refuse(refusal('unavailable', 0, true));
    expect(timers.next).toBeUndefined();
    queue.start();
    expect(attempts).toHaveLength(2);
  });
});

describe('when the server refuses for good', () => {
  it('keeps the message as failed, rejects its promise, and goes on with the next', async () => {
    const queue = aQueue();
    await online(queue);
    const refused = queue.send('crew', { text: 'one' }).catch((error: ParleyError) => error.code);
    void queue.send('crew', { text: 'two' });
    await attempts[0]?.refuse(refusal('muted', 403));
    expect(await refused).toBe('muted');
    expect(shown.map(({ status, problem }) => [status, problem?.code])).toEqual([
      ['failed', 'muted'],
      ['sending', undefined],
    ]);
    expect((await stored())[0]?.problem?.code).toBe('muted');
  });

  it('sends it again when asked to, behind what waits; or drops it', async () => {
    const queue = aQueue();
    await online(queue);
    queue.send('crew', { text: 'one' }).catch(() => undefined);
    void queue.send('crew', { text: 'two' });
    await attempts[0]?.refuse(refusal('muted', 403));
    const id = attempts[0]?.entry.clientMessageId ?? '';
    const again = queue.retry(id);
    expect(texts(shown)).toEqual(['two', 'one']);
    await attempts[1]?.commit();
    await attempts[2]?.commit();
    expect((await again).clientMessageId).toBe(id);
    expect(queue.discard(id)).toBe(false);
    await expect(queue.retry(id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('gives up on a message that breaks the server after five tries', async () => {
    const queue = aQueue();
    await online(queue);
    const refused = queue.send('crew', { text: 'one' }).catch((error: ParleyError) => error.code);
    for (let tries = 0; tries < 5; tries += 1) {
      await attempts.at(-1)?.refuse(refusal('internal', 500));
      timers.advance(30_000);
    }
    expect([await refused, attempts.length]).toEqual(['internal', 5]);
  });
});

it('drops a message on request only while nobody else can have seen it', async () => {
  const queue = aQueue();
  await online(queue);
  const first = queue.send('crew', { text: 'one' });
  const second = queue.send('crew', { text: 'two' });
  const [one, two] = shown.map(({ clientMessageId }) => clientMessageId);
  expect([queue.discard(one ?? ''), queue.discard(two ?? '')]).toEqual([false, true]);
  await expect(second).rejects.toMatchObject({ code: 'discarded' });
  await attempts[0]?.commit();
  expect((await first).id).toBe('m-one');
  expect(await stored()).toEqual([]);
});

it('refuses to hold more than it is allowed to', async () => {
  const queue = aQueue({ limit: 2 });
  for (const text of ['one', 'two']) void queue.send('crew', { text });
  await expect(queue.send('crew', { text: 'three' })).rejects.toMatchObject({ code: 'unavailable', retryable: true });
});

describe('across a reload', () => {
  it('sends what was left before what was said since, in order, under the same ids', async () => {
    const before = aQueue();
    before.identify('ann');
    await quiet();
    for (const text of ['one', 'two']) before.send('crew', { text }).catch(() => undefined);
    const left = await stored();
    before.close();
    const after = aQueue();
    void after.send('crew', { text: 'three' });
    await online(after);
    for (let sent = 0; sent < 3; sent += 1) await attempts[sent]?.commit();
    expect(texts(attempts.map(({ entry }) => entry))).toEqual(['one', 'two', 'three']);
    expect(attempts.slice(0, 2).map(({ entry }) => entry.clientMessageId)).toEqual(left.map(({ clientMessageId }) => clientMessageId));
    expect(await stored()).toEqual([]);
  });

  it('leaves alone what another user of the device wrote', async () => {
    const anns = aQueue();
    anns.identify('ann');
    await quiet();
    anns.send('crew', { text: 'mine' }).catch(() => undefined);
    await quiet();
    anns.close();
    await online(aQueue(), 'bo');
    expect(attempts).toEqual([]);
    expect(texts(await stored())).toEqual(['mine']);
  });

  it('leaves what it closed with to others, and takes back only what nobody has taken', async () => {
    const queue = aQueue();
    await online(queue);
    for (const text of ['one', 'two']) queue.send('crew', { text }).catch(() => undefined);
    const [first] = await stored();
    queue.close();
    await attempts[0]?.refuse(refusal('unavailable', 0, true));
    await storage.remove(first?.clientMessageId ?? '');
    queue.send('crew', { text: 'three' }).catch(() => undefined);
    queue.start();
    await quiet();
    expect(texts(shown)).toEqual(['two', 'three']);
    expect(texts(attempts.map(({ entry }) => entry))).toEqual(['one', 'two']);
  });

  it('takes over what a tab left that ended, behind what may be under way and before what waits', async () => {
    const queue = aQueue();
    await online(queue);
    for (const text of ['mine, sent', 'mine, waiting']) queue.send('crew', { text }).catch(() => undefined);
    const [entry] = await stored();
    if (entry) await storage.put({ ...entry, clientMessageId: 'theirs', draft: { text: 'theirs' } });
    queue.stop();
    queue.start();
    await quiet();
    expect(texts(shown)).toEqual(['mine, sent', 'theirs', 'mine, waiting']);
    const orders = (await stored()).map(({ draft, order }) => [order, draft.text]).sort();
    expect(orders.map(([, text]) => text)).toEqual(['mine, sent', 'theirs', 'mine, waiting']);
  });

  it('does not take back what was settled while it looked', async () => {
    const queue = aQueue({ storage: { load: () => storage.load(), put: (entry) => storage.put(entry), remove: async () => undefined } });
    await online(queue);
    void queue.send('crew', { text: 'one' });
    await quiet();
    queue.stop();
    queue.start();
    await attempts[0]?.commit();
    expect([shown, attempts.length]).toEqual([[], 1]);
  });
});

describe('where the storage does not work', () => {
  const said = async (broken: OutboxStorage): Promise<{ errors: unknown[]; queue: SendQueue }> => {
    const errors: unknown[] = [];
    const queue = aQueue({ storage: broken, onStorageError: (error) => errors.push(error) });
    await online(queue);
    for (const text of ['one', 'two']) void queue.send('crew', { text });
    await quiet();
    return { errors, queue };
  };
  const none = async (): Promise<never> => Promise.reject(new Error('no disk'));

  it.each<[string, Partial<OutboxStorage>]>([
    ['cannot be read', { load: none, put: none }],
    ['is full', { put: none }],
    [
      'throws at once',
      {
        load: () => {
          throw new Error('no disk');
        },
      },
    ],
  ])('sends all the same, and says so once: it %s', async (_, how) => {
    const { errors } = await said({ load: async () => [], put: async () => undefined, remove: none, ...how });
    await attempts[0]?.commit();
    await attempts[1]?.commit();
    expect(attempts.length).toBe(2);
    expect(errors).toMatchObject([
      { code: 'storage-failed', retryable: false, message: 'unsent messages are kept in memory only: no disk' },
    ]);
  });

  it('does not wait for ever for one that never answers', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const { errors } = await said({ load: never, put: never, remove: never });
    expect([attempts.length, errors]).toEqual([0, []]);
    timers.advance(5_000);
    await quiet();
    expect([attempts.length, errors.length, timers.next]).toEqual([1, 1, undefined]);
  });
});

it('shows an id that was used for another message as failed, and does not try it again by itself', async () => {
  const queue = aQueue();
  await online(queue);
  const refused = queue.send('crew', { text: 'one' }).catch((error: ParleyError) => error.code);
  await attempts[0]?.refuse(refusal('idempotency-conflict', 409));
  queue.stop();
  queue.start();
  timers.advance(60_000);
  await quiet();
  expect([await refused, attempts.length, shown.map(({ status, problem }) => [status, problem?.code])]).toEqual([
    'idempotency-conflict',
    1,
    [['failed', 'idempotency-conflict']],
  ]);
});
