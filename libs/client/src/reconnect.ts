import { backoffMs, jittered, type TimerHandle, type Timers } from './timers.js';

/** A connection that held this long forgives the failures before it. */
const STABLE_MS = 10_000;
/** Who wakes up asks at once, but not more often than this: networks flap, and so do tabs. */
const NUDGE_MS = 1_000;
/** The least span over which those who were sent away together come back. */
const SPREAD_MS = 1_000;

/**
 * When to try again. Each wait is drawn evenly from a span that begins at 1 s and doubles up to 30 s with every failure
 * in a row; nothing, not even a connection that is taken and dropped at once, makes a loop tighter than that. What the
 * server asked to wait is waited, whoever is in a hurry.
 */
export class Reconnect {
  private failures = 0;
  private readyAt?: number;
  private triedAt = -Infinity;
  private notBefore = -Infinity;
  private dueAt = Infinity;
  private timer?: TimerHandle;

  constructor(
    private readonly timers: Timers,
    private readonly attempt: () => void,
  ) {}

  /** Did the present connection hold long enough to be believed? */
  get isStable(): boolean {
    return this.readyAt !== undefined && this.timers.now() - this.readyAt >= STABLE_MS;
  }

  /** An attempt begins, whoever asked for it. */
  begin(): void {
    this.stop();
    this.triedAt = this.timers.now();
  }

  ready(): void {
    this.readyAt = this.timers.now();
  }

  /** The connection broke, or was refused for now. */
  afterFailure(askedMs = 0): void {
    const random = (): number => this.timers.random();
    if (this.isStable) this.failures = 0;
    const wait = Math.max(backoffMs(this.failures, random), jittered(askedMs, random));
    this.failures += 1;
    this.schedule(wait, askedMs);
  }

  /** The server sent us away in order. One that does so again and again is answered like one that fails. */
  afterFarewell(askedMs: number): void {
    const asked = Math.max(0, askedMs);
    if (!this.isStable) return this.afterFailure(asked);
    this.failures = 0;
    this.schedule(asked + Math.round(Math.max(asked / 2, SPREAD_MS) * this.timers.random()), asked);
  }

  /** The device woke up or has a network again: now, unless that is too soon. */
  nudge(): void {
    if (this.timer === undefined) return;
    const at = Math.max(this.notBefore, this.triedAt + NUDGE_MS, this.timers.now());
    if (at < this.dueAt) this.arm(at);
  }

  /** The connection is over, or a new one begins. */
  stop(): void {
    if (this.timer !== undefined) this.timers.clearTimeout(this.timer);
    this.timer = this.readyAt = undefined;
  }

  private schedule(wait: number, askedMs: number): void {
    const now = this.timers.now();
    this.stop();
    this.notBefore = now + askedMs;
    this.arm(now + wait);
  }

  private arm(at: number): void {
    if (this.timer !== undefined) this.timers.clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = this.timers.setTimeout(() => {
      this.timer = undefined;
      this.attempt();
    }, at - this.timers.now());
  }
}
