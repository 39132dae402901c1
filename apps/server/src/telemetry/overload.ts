import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { DomainError } from '@parley/domain';

const SAMPLE_MS = 100;
/** The weight of one sample in what is remembered of the ones before: half is forgotten in about half a second. */
const WEIGHT = 0.15;
/** Of lateness, averaged. A storm that is being mastered stays below the first. */
const BUSY_LATE_MS = 600;
const FULL_LATE_MS = 2_000;
/** Of the memory this process may have, which it seldom gives back: then nobody more comes in. */
const BUSY_MEMORY = 0.85;
/** Of the heap it may have: beyond this it does little but collect. */
const FULL_HEAP = 0.95;
const RETRY_MS = 1_000;

/** `busy`: newcomers and readers of what was missed come later. `full`: so does everybody else. */
export type Load = 'fine' | 'busy' | 'full';

/** Does this process have more to do than it can? Refusing some in time is better than answering all too late. */
export class Overload {
  private late = 0;
  private expectedAt = performance.now() + SAMPLE_MS;
  private memory = 0;
  private heap = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly memoryBytes: number = memoryLimit(),
    private readonly heapBytes: number = Infinity,
  ) {
    this.timer = setInterval(() => this.sample(performance.now()), SAMPLE_MS).unref();
  }

  /** `now`: of the monotonic clock, in milliseconds. */
  sample(now: number): void {
    const late = Math.max(0, now - this.expectedAt);
    // One long pause counts once, however many samples were missed in it.
    this.late += (late - this.late) * WEIGHT;
    this.expectedAt = now + SAMPLE_MS;
    this.memory = process.memoryUsage.rss() / this.memoryBytes;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    this.heap = used / Math.min(limit, this.heapBytes);
  }

  get load(): Load {
    if (this.late > FULL_LATE_MS || this.heap > FULL_HEAP) return 'full';
    return this.late > BUSY_LATE_MS || this.memory > BUSY_MEMORY ? 'busy' : 'fine';
  }

  /** Throws `unavailable` where there is no room; those refused at one moment do not come back at one moment. */
  require(atMost: 'fine' | 'busy'): void {
    const { load } = this;
    if (load === 'fine' || load === atMost) return;
    throw new DomainError('unavailable', {
      detail: 'the server is overloaded',
      retryAfterMs: RETRY_MS + Math.floor(Math.random() * 4 * RETRY_MS),
    });
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** What the container allows, or what the heap may take and as much again beside it. */
function memoryLimit(): number {
  const heap = getHeapStatistics().heap_size_limit * 2;
  try {
    const limit = Number(readFileSync('/sys/fs/cgroup/memory.max', 'utf8').trim());
    return Number.isFinite(limit) ? Math.min(limit, heap) : heap;
  } catch {
    return heap;
  }
}
