import { describe, expect, it, vi } from 'vitest';
import { DomainError } from './errors.js';
import { Gather } from './gather.js';

/** Reads that end when they are told to. */
function gathering(together?: number) {
  const reads: { readonly tenantId: string; readonly keys: readonly number[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const gather = new Gather<number, string>(async (tenantId, keys) => {
    const end = Promise.withResolvers<void>();
    reads.push({ tenantId, keys, end });
    await end.promise;
    return keys.map((key) => `${tenantId} ${key}`);
  }, together);
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
  /** The keys of the n-th read, as soon as it begins. */
  const read = (index: number): Promise<readonly number[]> =>
    vi.waitFor(() => reads[index]?.keys ?? expect.fail('no such read'), { interval: 1 });
  return { gather, reads, read, turn };
}

describe('asked at the same time', () => {
  it('keys are read together, and each is answered with its own', async () => {
    const { gather, reads, turn } = gathering();
    const answers = [1, 2, 2].map((key) => gather.ask('acme', key));
    await turn();
    expect(reads.map(({ keys }) => keys)).toEqual([[1, 2, 2]]);
    reads[0]?.end.resolve();
    expect(await Promise.all(answers)).toEqual(['acme 1', 'acme 2', 'acme 2']);
  });

  it('keys asked while a read is under way wait for the next: an answer is never older than its question', async () => {
    const { gather, reads, read, turn } = gathering();
    const first = gather.ask('acme', 1);
    await turn();
    const later = [gather.ask('acme', 1), gather.ask('acme', 2)];
    await turn();
    expect(reads).toHaveLength(1);
    reads[0]?.end.resolve();
    await first;
    expect(await read(1)).toEqual([1, 2]);
    reads[1]?.end.resolve();
    await Promise.all(later);
  });

  it('keys asked soon after a slow read share the next one, and when nothing was asked meanwhile nobody waits', async () => {
    const { gather, reads, read, turn } = gathering();
    void gather.ask('acme', 1);
    await turn();
    void gather.ask('acme', 2);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 15);
    reads[0]?.end.resolve();
    await turn();
    void gather.ask('acme', 3);
    expect(reads).toHaveLength(1);
    expect(await read(1)).toEqual([2, 3]);
    reads[1]?.end.resolve();
    await turn();
    void gather.ask('acme', 4);
    await turn();
    expect(reads[2]?.keys).toEqual([4]);
    vi.restoreAllMocks();
  });

  it('tenants do not wait for each other', async () => {
    const { gather, reads, turn } = gathering();
    void gather.ask('acme', 1);
    const other = gather.ask('other', 1);
    await turn();
    expect(reads.map(({ tenantId }) => tenantId)).toEqual(['acme', 'other']);
    reads[1]?.end.resolve();
    expect(await other).toBe('other 1');
  });

  it('a failed read fails those it was for, and no others', async () => {
    const { gather, reads, read, turn } = gathering(1);
    const [one, two] = [gather.ask('acme', 1), gather.ask('acme', 2)];
    await turn();
    reads[0]?.end.reject(new DomainError('unavailable'));
    await expect(one).rejects.toMatchObject({ code: 'unavailable' });
    await read(1);
    reads[1]?.end.resolve();
    expect(await two).toBe('acme 2');
  });

  it('a failed read also answers who has waited long behind it, so that nobody waits twice as long', async () => {
    const { gather, reads, read, turn } = gathering();
    const first = gather.ask('acme', 1);
    await turn();
    const late = gather.ask('acme', 2);
    late.catch(() => undefined);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_500);
    const fresh = gather.ask('acme', 3);
    reads[0]?.end.reject(new DomainError('unavailable'));
    await expect(first).rejects.toMatchObject({ code: 'unavailable' });
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    vi.restoreAllMocks();
    expect(await read(1)).toEqual([3]);
    reads[1]?.end.resolve();
    expect(await fresh).toBe('acme 3');
  });

  it('too many are refused with a time to come back that differs, and the rest is served', async () => {
    const { gather, reads, read, turn } = gathering();
    const first = gather.ask('acme', 0);
    await turn();
    const waiting = Array.from({ length: 10_000 }, (_, key) => gather.ask('acme', key));
    const refused = await Promise.allSettled([gather.ask('acme', -1), gather.ask('acme', -2)]);
    const waits = refused.map((one) => (one.status === 'rejected' ? (one.reason as DomainError).details.retryAfterMs : undefined));
    expect(waits.every((wait) => wait !== undefined && wait >= 1_000 && wait <= 5_000)).toBe(true);
    expect(new Set(waits).size).toBe(2);
    for (let next = 0; next < 41; next += 1) {
      await read(next);
      reads[next]?.end.resolve();
    }
    await first;
    expect((await Promise.all(waiting)).length).toBe(10_000);
    expect(reads.length).toBe(41);
  });
});
