import { DomainError } from '../errors.js';

/**
 * Keeps the order of calls that each need some time to prepare: what was asked first is committed first, without
 * waiting for the commit of the one before. A sender's pipelined messages stay in the order they were said.
 */
export class Turns {
  /** Of the last in line: resolves when its commit began, with why when it could not. */
  private readonly tails = new Map<string, Promise<unknown>>();

  /**
   * Calls `commit` with what `prepare` gave, after every earlier call under this key began its commit or failed. What
   * waited for one that the database did not answer is refused with it: its own wait would come on top (G21).
   */
  async take<P, T>(key: string, prepare: () => Promise<P>, commit: (prepared: P) => Promise<T>): Promise<T> {
    const before = this.tails.get(key);
    const committing = this.prepareThenBegin(before, prepare, commit);
    const began = committing.then(
      () => undefined,
      (error: unknown) => error,
    );
    this.tails.set(key, began);
    try {
      const { result } = await committing;
      return await result;
    } finally {
      if (this.tails.get(key) === began) this.tails.delete(key);
    }
  }

  /** Is anybody under this key still preparing. */
  isBusy(key: string): boolean {
    return this.tails.has(key);
  }

  /** The result is boxed, so that the next in line waits for the beginning of the commit and not for its end. */
  private async prepareThenBegin<P, T>(
    before: Promise<unknown> | undefined,
    prepare: () => Promise<P>,
    commit: (prepared: P) => Promise<T>,
  ): Promise<{ result: Promise<T> }> {
    const preparing = prepare();
    if (before) {
      preparing.catch(() => undefined);
      const trouble = await before;
      if (trouble instanceof DomainError && trouble.kind === 'unavailable') throw trouble;
    }
    const result = commit(await preparing);
    result.catch(() => undefined);
    return { result };
  }
}
