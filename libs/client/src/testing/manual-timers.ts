import type { Timers } from '../timers.js';

/** Time that stands still until a test moves it. Chance is none: always the middle. */
export class ManualTimers implements Timers {
  private time = 0;
  private readonly waiting = new Map<object, { readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.time;
  }

  random(): number {
    return 0.5;
  }

  setTimeout(run: () => void, ms: number): object {
    const handle = {};
    this.waiting.set(handle, { at: this.time + ms, run });
    return handle;
  }

  clearTimeout(handle: unknown): void {
    this.waiting.delete(handle as object);
  }

  /** Milliseconds until the next timer; undefined when there is none. */
  get next(): number | undefined {
    return this.waiting.size === 0 ? undefined : Math.min(...[...this.waiting.values()].map(({ at }) => at)) - this.time;
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (let due = this.firstDue(end); due; due = this.firstDue(end)) {
      this.waiting.delete(due.handle);
      this.time = due.at;
      due.run();
    }
    this.time = end;
  }

  private firstDue(end: number): { handle: object; at: number; run: () => void } | undefined {
    const due = [...this.waiting].map(([handle, { at, run }]) => ({ handle, at, run })).filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets everything that waits for nothing but the event loop happen. */
export const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
