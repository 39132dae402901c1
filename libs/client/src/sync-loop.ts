import { problemFrom } from './http.js';
import { backoffMs, jittered, type TimerHandle, type Timers } from './timers.js';

export interface SyncWork {
  readonly timers: Timers;
  readonly hasWork: () => boolean;
  /** One call. False when it led nowhere. */
  readonly round: () => Promise<boolean>;
}

/** Runs rounds one at a time while there is work and a connection; what fails is tried again, later and later. */
export class SyncLoop {
  private isOnline = false;
  private isRunning = false;
  private session = 0;
  private failures = 0;
  private timer?: TimerHandle;

  constructor(private readonly work: SyncWork) {}

  /** A new connection: earlier failures do not count. */
  online(): void {
    this.offline();
    this.isOnline = true;
    this.session += 1;
    this.failures = 0;
    this.wake();
  }

  offline(): void {
    this.isOnline = false;
    if (this.timer !== undefined) this.work.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }

  wake(): void {
    if (this.isRunning || !this.isOnline || this.timer !== undefined || !this.work.hasWork()) return;
    this.isRunning = true;
    void this.run();
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    const { session } = this;
    let askedMs = 0;
    await Promise.resolve(); // Gaps that show in the same moment go into one call.
    try {
      while (this.isOnline && session === this.session && this.work.hasWork() && (await this.work.round())) this.failures = 0;
    } catch (error) {
      askedMs = problemFrom(error).retryAfterMs ?? 0;
    }
    this.isRunning = false;
    if (session === this.session) this.tryLater(askedMs);
    else this.wake();
  }

  private tryLater(askedMs: number): void {
    if (!this.isOnline || !this.work.hasWork()) return;
    const { random } = this.work.timers;
    const delay = Math.max(backoffMs(this.failures, random), jittered(askedMs, random));
    this.failures += 1;
    this.timer = this.work.timers.setTimeout(() => {
      this.timer = undefined;
      this.wake();
    }, delay);
  }
}
