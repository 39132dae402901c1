import { Clock } from '@parley/domain';

/** This machine's time, moved ahead where a test asks for it. */
export class MovableClock extends Clock {
  private aheadMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }

  override later(milliseconds: number, act: () => void): () => void {
    const timer = setTimeout(act, milliseconds).unref();
    return () => clearTimeout(timer);
  }

  advance(milliseconds: number): void {
    this.aheadMs += milliseconds;
  }
}
