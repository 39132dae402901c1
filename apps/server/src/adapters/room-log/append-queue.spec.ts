import type { DomainError, MessageEntry } from '@parley/domain';
import { describe, expect, it } from 'vitest';
import { AppendQueue, isExpired } from './append-queue.js';

function waiting(tenantId: string, roomNo: number, n: number, more: { since?: number; id?: string; text?: string } = {}) {
  const failed: DomainError[] = [];
  const message = { sender: { no: 1 }, clientMessageId: more.id ?? `m${n}`, text: more.text ?? 'hello' };
  return {
    name: `${tenantId}/${roomNo}/${n}`,
    entry: { room: { tenantId, roomNo, roomId: 'r' }, message } as unknown as MessageEntry,
    since: more.since ?? performance.now(),
    done: () => undefined,
    fail: (error: unknown) => failed.push(error as DomainError),
    failed,
  };
}

const take = (queue: AppendQueue): string[] => (queue.take() as ReturnType<typeof waiting>[]).map(({ name }) => name);

describe('what goes together', () => {
  it('is of every tenant that waits, however much one of them has to say (G14)', () => {
    const queue = new AppendQueue();
    for (let n = 0; n < 5_000; n += 1) queue.push(waiting('loud', 1, n));
    for (let n = 0; n < 60; n += 1) queue.push(waiting('quiet', 1, n));
    const [first, second] = [take(queue), take(queue)];
    expect(first).toHaveLength(800);
    expect(first.filter((name) => name.startsWith('quiet')).length).toBe(60);
    expect(second.every((name) => name.startsWith('loud'))).toBe(true);
    expect(first.filter((name) => name.startsWith('loud'))).toEqual(Array.from({ length: 740 }, (_, n) => `loud/1/${n}`));
    expect(second[0]).toBe('loud/1/740');
    expect(queue.size).toBe(5_060 - 1_600);
  });

  it('is bounded in bytes', () => {
    const queue = new AppendQueue();
    for (let n = 0; n < 60; n += 1) queue.push(waiting('acme', 1, n, { text: 'x'.repeat(40_000) }));
    expect(take(queue)).toHaveLength(25);
  });

  it('is never the same client message id twice: the second goes next, before what came after it', () => {
    const queue = new AppendQueue();
    queue.push(waiting('acme', 1, 1, { id: 'same' }));
    queue.push(waiting('acme', 1, 2, { id: 'same' }));
    queue.push(waiting('acme', 1, 3));
    expect(take(queue)).toEqual(['acme/1/1', 'acme/1/3']);
    queue.push(waiting('acme', 1, 4));
    expect(take(queue)).toEqual(['acme/1/2', 'acme/1/4']);
    expect([queue.size, queue.isReady]).toEqual([0, false]);
  });
});

describe('a held room', () => {
  it('waits aside in its order and delays no other', () => {
    const queue = new AppendQueue();
    queue.hold('acme/1');
    for (let n = 0; n < 3; n += 1) for (const room of [1, 2]) queue.push(waiting('acme', room, n));
    expect(take(queue)).toEqual(['acme/2/0', 'acme/2/1', 'acme/2/2']);
    queue.push(waiting('acme', 1, 3));
    queue.hold('acme/1');
    queue.release('acme/1');
    expect(take(queue)).toEqual([]);
    queue.push(waiting('acme', 1, 4));
    queue.release('acme/1');
    expect(take(queue)).toEqual([0, 1, 2, 3, 4].map((n) => `acme/1/${n}`));
    expect(queue.size).toBe(0);
  });
});

describe('too much and too late', () => {
  it('is refused with a time to wait, per tenant before all', () => {
    const queue = new AppendQueue();
    for (let n = 0; n < 12_000; n += 1) queue.push(waiting('loud', 1, n));
    const [over, other] = [waiting('loud', 1, -1), waiting('quiet', 1, 0)];
    queue.push(over);
    queue.push(other);
    expect(over.failed[0]).toMatchObject({ code: 'unavailable', details: { retryAfterMs: 1_000 } });
    expect(other.failed).toEqual([]);
    for (let n = 1; n < 8_000; n += 1) queue.push(waiting('third', 1, n));
    const full = waiting('fourth', 1, 0);
    queue.push(full);
    expect(full.failed[0]?.code).toBe('unavailable');
    expect(queue.size).toBe(20_000);
  });

  it('is told so wherever it waits', () => {
    const queue = new AppendQueue();
    queue.hold('acme/2');
    const long = performance.now() - 2_100;
    const [old, aside, fresh] = [waiting('acme', 1, 0, { since: long }), waiting('acme', 2, 0), waiting('acme', 1, 1)];
    for (const item of [old, aside, fresh]) queue.push(item);
    expect(take(queue)).toEqual(['acme/1/1']);
    expect(old.failed[0]?.code).toBe('unavailable');
    expect(aside.failed).toEqual([]);
    queue.expireLate();
    expect([aside.failed, queue.size]).toEqual([[], 1]);
    queue.expireLate(-1);
    expect(aside.failed[0]?.code).toBe('unavailable');
    expect(queue.size).toBe(0);
    expect([isExpired(fresh), fresh.failed]).toEqual([false, []]);
  });
});
