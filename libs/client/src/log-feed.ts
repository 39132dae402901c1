/** Events of one log kept back while those before them are fetched. Beyond it they are dropped and fetched too. */
const BUFFER_MAX = 1_000;

export interface LogPosition {
  /** 0 in logs without epochs (a user's own). */
  readonly epoch: number;
  readonly pts: number;
}

/**
 * One log as it reaches the app: each event once, in order, without a gap, whatever the network made of it. Knows where
 * it stands (`epoch`, `pts`) and how far the log is known to go (`head`); whoever owns it syncs while `isBehind`.
 */
export class LogFeed<E> {
  private buffer = new Map<number, E>();
  private head: number;
  /** Epoch of the live events: a higher one than `epoch` means our position is of another life of the log. */
  private liveEpoch: number;
  private isDelivering = false;
  private hasDelivered = false;

  constructor(
    private at: LogPosition,
    private readonly ptsOf: (event: E) => number,
    private readonly deliver: (event: E) => void,
  ) {
    this.head = at.pts;
    this.liveEpoch = at.epoch;
  }

  get position(): LogPosition {
    return this.at;
  }

  get isBehind(): boolean {
    return this.liveEpoch !== this.at.epoch || this.at.pts < this.head;
  }

  get isUntouched(): boolean {
    return !this.hasDelivered;
  }

  /** A live event. */
  take(event: E, epoch: number): void {
    const position: LogPosition = { epoch, pts: this.ptsOf(event) };
    if (position.epoch < this.liveEpoch) return;
    if (position.epoch > this.liveEpoch) this.foresee(position.epoch);
    const isOld = this.liveEpoch === this.at.epoch && position.pts <= this.at.pts;
    if (isOld) return;
    this.head = Math.max(this.head, position.pts);
    if (this.buffer.size >= BUFFER_MAX) this.buffer.clear();
    this.buffer.set(position.pts, event);
    this.drain();
  }

  /** The log is known to reach this far (beacon, `session.ready`, a fetched room). */
  heard({ epoch, pts }: LogPosition): void {
    if (epoch < this.liveEpoch) return;
    if (epoch > this.liveEpoch) this.foresee(epoch);
    this.head = Math.max(this.head, pts);
  }

  /**
   * All there is of the log after our position up to `upTo`: a number that is missing does not exist for this viewer. The
   * slice's epoch is that of the answer; single events may have been written in an earlier one.
   */
  cover(events: readonly E[], upTo: number): void {
    if (this.liveEpoch !== this.at.epoch) return;
    this.isDelivering = true;
    for (const event of events) if (this.ptsOf(event) > this.at.pts) this.step(event);
    this.isDelivering = false;
    if (upTo > this.at.pts) this.at = { ...this.at, pts: upTo };
    this.head = Math.max(this.head, this.at.pts);
    this.drain();
  }

  /** The log starts over here: the app reloads what it holds. Events of the new life that came already are kept. */
  reset(position: LogPosition): void {
    const isForeseen = position.epoch === this.liveEpoch && this.liveEpoch !== this.at.epoch;
    if (!isForeseen) this.buffer = new Map();
    this.head = isForeseen ? Math.max(this.head, position.pts) : position.pts;
    this.at = position;
    this.liveEpoch = position.epoch;
    this.drain();
  }

  /** Nothing behind the present position is expected any more: whoever said so was wrong. */
  settle(): void {
    this.head = this.at.pts;
    this.liveEpoch = this.at.epoch;
    this.buffer = new Map();
  }

  private foresee(epoch: number): void {
    this.liveEpoch = epoch;
    this.buffer = new Map();
    this.head = 0;
  }

  /** Listeners may cause further events: those wait for their turn here. */
  private drain(): void {
    if (this.isDelivering || this.liveEpoch !== this.at.epoch) return;
    this.isDelivering = true;
    try {
      for (const pts of this.buffer.keys()) if (pts <= this.at.pts) this.buffer.delete(pts);
      for (let next = this.nextBuffered(); next !== undefined; next = this.nextBuffered()) {
        this.buffer.delete(this.at.pts + 1);
        this.step(next);
      }
    } finally {
      this.isDelivering = false;
    }
  }

  private nextBuffered(): E | undefined {
    return this.liveEpoch === this.at.epoch ? this.buffer.get(this.at.pts + 1) : undefined;
  }

  private step(event: E): void {
    this.at = { ...this.at, pts: this.ptsOf(event) };
    this.hasDelivered = true;
    this.deliver(event);
  }
}
