import { Clock } from '@parley/domain';

const SAMPLES = 3;

/** This machine's time corrected by the measured distance to the database's. */
export class DatabaseClock extends Clock {
  private offsetMs = 0;

  constructor(private readonly databaseNow: () => Promise<Date>) {
    super();
  }

  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  override later(milliseconds: number, act: () => void): () => void {
    const timer = setTimeout(act, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  }

  /** Takes the sample with the shortest way there and back; called now and then by the server's loop. */
  async measure(): Promise<void> {
    let best = Number.POSITIVE_INFINITY;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const sent = Date.now();
      const there = await this.databaseNow();
      const back = Date.now();
      if (back - sent >= best) continue;
      best = back - sent;
      this.offsetMs = there.getTime() - (sent + back) / 2;
    }
  }
}
