import { Clock } from '../ports/clock.js';

interface Alarm {
  readonly at: number;
  readonly act: () => void;
}

/** Time that stands still until it is moved. */
export class TestClock extends Clock {
  private readonly alarms = new Set<Alarm>();

  constructor(private millis = Date.parse('2030-01-01T00:00:00.000Z')) {
    super();
  }

  now(): Date {
    return new Date(this.millis);
  }

  later(milliseconds: number, act: () => void): () => void {
    const alarm = { at: this.millis + milliseconds, act };
    this.alarms.add(alarm);
    return () => void this.alarms.delete(alarm);
  }

  /** Fires what falls due on the way, in order of time. */
  advance(milliseconds: number): void {
    const end = this.millis + milliseconds;
    for (let next = this.nextDue(end); next; next = this.nextDue(end)) {
      this.alarms.delete(next);
      this.millis = Math.max(this.millis, next.at);
      next.act();
    }
    this.millis = end;
  }

  set(time: Date): void {
    this.advance(Math.max(0, time.getTime() - this.millis));
    this.millis = time.getTime();
  }

  private nextDue(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.alarms) if (alarm.at <= end && (!next || alarm.at < next.at)) next = alarm;
    return next;
  }
}
