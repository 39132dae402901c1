import { describe, expect, it } from 'vitest';
import { DomainError } from '../errors.js';
import { Turns } from './turns.js';

/** A promise settled from outside. */
function gate<T = void>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, open: resolve, fail: reject };
}

describe('Turns', () => {
  it('begins commits in the order of the calls, however long each prepares', async () => {
    const turns = new Turns();
    const slow = gate();
    const begun: number[] = [];
    const first = turns.take(
      'k',
      () => slow.promise,
      async () => begun.push(1),
    );
    const second = turns.take(
      'k',
      async () => undefined,
      async () => begun.push(2),
    );
    const third = turns.take(
      'k',
      async () => undefined,
      async () => begun.push(3),
    );
    slow.open();
    await Promise.all([first, second, third]);
    expect(begun).toEqual([1, 2, 3]);
  });

  it('prepares at the same time and does not wait for the end of a commit', async () => {
    const turns = new Turns();
    const committing = gate();
    const first = turns.take(
      'k',
      async () => undefined,
      () => committing.promise,
    );
    expect(
      await turns.take(
        'k',
        async () => 2,
        async (prepared) => prepared,
      ),
    ).toBe(2);
    committing.open();
    await first;
  });

  it('goes on after one that failed to prepare or to commit', async () => {
    const turns = new Turns();
    const failed = turns.take(
      'k',
      () => Promise.reject(new Error('prepare')),
      async () => 1,
    );
    const refused = turns.take(
      'k',
      async () => 2,
      () => Promise.reject(new Error('commit')),
    );
    const third = turns.take(
      'k',
      async () => 3,
      async (prepared) => prepared,
    );
    await expect(failed).rejects.toThrow('prepare');
    await expect(refused).rejects.toThrow('commit');
    expect(await third).toBe(3);
  });

  it('refuses what waited behind one that the database did not answer, and nothing that comes later', async () => {
    const turns = new Turns();
    const asked = gate<number>();
    const begun: number[] = [];
    const commit = async (prepared: number): Promise<void> => void begun.push(prepared);
    const first = turns.take('k', () => asked.promise, commit);
    const waited = [2, 3].map((number) => turns.take('k', async () => number, commit));
    asked.fail(new DomainError('unavailable'));
    for (const one of [first, ...waited]) await expect(one).rejects.toMatchObject({ code: 'unavailable' });
    await turns.take('k', async () => 4, commit);
    expect(begun).toEqual([4]);
  });

  it('lets other keys pass', async () => {
    const turns = new Turns();
    const never = gate();
    const waiting = turns.take(
      'a',
      () => never.promise,
      async () => 'a',
    );
    expect(turns.isBusy('a')).toBe(true);
    expect(
      await turns.take(
        'b',
        async () => undefined,
        async () => 'b',
      ),
    ).toBe('b');
    never.open();
    expect(await waiting).toBe('a');
  });

  it('forgets a key that nobody waits for', async () => {
    const turns = new Turns();
    await turns.take(
      'k',
      async () => undefined,
      async () => undefined,
    );
    await Promise.allSettled([
      turns.take(
        'k',
        () => Promise.reject(new Error('no')),
        async () => undefined,
      ),
    ]);
    expect(turns.isBusy('k')).toBe(false);
  });
});
