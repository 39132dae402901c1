import { problemFrom } from './http.js';
import { backoffMs, jittered, type TimerHandle, type Timers } from './timers.js';

/** Tells the server how far the user has got: the furthest position only, again after failures and reconnects, never back. */
export class ReadMarker {
  private wanted = 0;
  private known = 0;
  private failures = 0;
  private life = 0;
  private isSending = false;
  private timer?: TimerHandle;

  constructor(
    private readonly timers: Timers,
    /** Gives how far the server has it now. Rejects with `ParleyError`. */
    private readonly send: (seq: number) => Promise<number>,
    /** Without a connection nothing is tried: the next one calls `online`. */
    private readonly isOnline: () => boolean,
  ) {}

  /** Takes note; sent now or with the next connection. */
  mark(seq: number): void {
    this.wanted = Math.max(this.wanted, seq);
    this.flush();
  }

  /** The room's messages are numbered anew from somewhere: nothing is marked any more. */
  reset(): void {
    this.wanted = this.known = 0;
    this.life += 1;
  }

  /** A connection is ready. */
  online(): void {
    this.stop();
    this.failures = 0;
    this.flush();
  }

  stop(): void {
    if (this.timer !== undefined) this.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private flush(): void {
    if (this.isOnline() && !this.isSending && this.timer === undefined && this.wanted > this.known) void this.run();
  }

  /** Never rejects. Marks that arrive meanwhile go out as one. */
  private async run(): Promise<void> {
    this.isSending = true;
    const { wanted: seq, life } = this;
    try {
      const stored = await this.send(seq);
      // Less than was asked where the room is not that long: once it is, it is asked for again.
      if (life === this.life) this.told(seq, Math.min(seq, stored));
      this.failures = 0;
    } catch (error) {
      if (life === this.life) this.failed(seq, error);
    }
    this.isSending = false;
    this.flush();
  }

  private told(seq: number, known: number): void {
    this.known = known;
    if (this.wanted === seq) this.wanted = known;
  }

  private failed(seq: number, error: unknown): void {
    const { retryable, retryAfterMs = 0, status } = problemFrom(error);
    if (!retryable && status !== 401) {
      this.told(seq, this.known); // Not a member any more: nothing to mark.
      return;
    }
    if (!this.isOnline()) return;
    const { random } = this.timers;
    const later = Math.max(backoffMs(this.failures, random), jittered(retryAfterMs, random));
    this.failures += 1;
    this.timer = this.timers.setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, later);
  }
}
