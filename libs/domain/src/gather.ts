import { DomainError } from './errors.js';

interface Asked<K, V> {
  readonly key: K;
  /** By this process's clock, milliseconds. */
  readonly since: number;
  readonly done: (value: V) => void;
  readonly fail: (error: unknown) => void;
}

interface Lane<K, V> {
  waiting: Asked<K, V>[];
  isReading: boolean;
}

/** Of one lane, in one read. */
const TOGETHER_MAX = 250;
/** Of one lane, waiting for a read; more are refused rather than queued (G21). */
const WAITING_MAX = 10_000;
/** Who has waited this long behind reads that succeed is refused before the next (G21). */
const AGE_MAX_MS = 4_000;
/** Behind a read that failed, who has waited this long is told so too: the next one may take as long again (G21). */
const PATIENCE_MS = 1_000;
const RETRY_MS = 1_000;
/** Between two reads of a lane that has many waiting, at most: so that more of them share the next one. */
const PAUSE_MAX_MS = 20;
/** Spread evenly over so many steps of this length, so that those refused together do not come back together. */
const RETRY_STEPS = 40;
const RETRY_STEP_MS = 100;

/**
 * Reads for many callers at once, in lanes that do not wait for each other, such as one for each tenant. What is asked
 * while a read is under way is answered by the next one, together, which begins as long after it as it took. When idle
 * nothing waits. An answer is never older than the question. A thousand clients that come back at the same moment cost
 * a handful of statements.
 */
export class Gather<K, V> {
  private readonly lanes = new Map<string, Lane<K, V>>();
  private refused = 0;

  /** `read` answers every key, in order; what one key alone is refused for is part of its answer, not an error of the read. */
  constructor(
    private readonly read: (lane: string, keys: readonly K[]) => Promise<readonly V[]>,
    private readonly together = TOGETHER_MAX,
  ) {}

  ask(name: string, key: K): Promise<V> {
    const lane = this.lanes.get(name) ?? { waiting: [], isReading: false };
    this.lanes.set(name, lane);
    if (lane.waiting.length >= WAITING_MAX) return Promise.reject(this.tooMany());
    return new Promise((done, fail) => {
      lane.waiting.push({ key, since: performance.now(), done, fail });
      if (!lane.isReading) {
        lane.isReading = true;
        queueMicrotask(() => void this.readOn(name, lane));
      }
    });
  }

  private async readOn(name: string, lane: Lane<K, V>): Promise<void> {
    while (lane.waiting.length > 0) {
      const from = performance.now();
      const failure = await this.readSome(name, lane.waiting.splice(0, this.together));
      const { length } = lane.waiting;
      if (length > 0 && length < this.together) await pause(Math.min(PAUSE_MAX_MS, performance.now() - from));
      lane.waiting = failure
        ? refuseLate(lane.waiting, PATIENCE_MS, () => failure.error)
        : refuseLate(lane.waiting, AGE_MAX_MS, () => this.tooMany());
    }
    lane.isReading = false;
    this.lanes.delete(name);
  }

  /** Gives what went wrong, if anything did. */
  private async readSome(name: string, asked: readonly Asked<K, V>[]): Promise<{ readonly error: unknown } | undefined> {
    try {
      const values = await this.read(
        name,
        asked.map(({ key }) => key),
      );
      for (const [index, { done, fail }] of asked.entries()) {
        const value = values[index];
        if (value === undefined) fail(new DomainError('internal'));
        else done(value);
      }
      return undefined;
    } catch (error) {
      for (const { fail } of asked) fail(error);
      return { error };
    }
  }

  private tooMany(): DomainError {
    this.refused += 1;
    const retryAfterMs = RETRY_MS + (this.refused % RETRY_STEPS) * RETRY_STEP_MS;
    return new DomainError('unavailable', { detail: 'too many wait for the same', retryAfterMs });
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

function refuseLate<K, V>(waiting: Asked<K, V>[], patienceMs: number, error: () => unknown): Asked<K, V>[] {
  const late = performance.now() - patienceMs;
  if ((waiting[0]?.since ?? Infinity) >= late) return waiting;
  for (const { since, fail } of waiting) if (since < late) fail(error());
  return waiting.filter(({ since }) => since >= late);
}
