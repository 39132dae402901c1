/**
 * Which entries of a user's own log one connection was told: all up to `pts`, and some behind a gap. Other nodes' words
 * may come late, twice or never, so the newest one says nothing of those before it.
 */
export class ToldPositions {
  private whole = 0;
  /** Absent as long as there is no gap: there are many connections. */
  private beyond?: Set<number>;

  get pts(): number {
    return this.whole;
  }

  /** False: it was told before. */
  add(pts: number): boolean {
    if (pts <= this.whole || this.beyond?.has(pts)) return false;
    if (pts === this.whole + 1) this.reach(pts);
    else (this.beyond ??= new Set()).add(pts);
    return true;
  }

  /** Everything up to here is known to the client. */
  reach(pts: number): void {
    this.whole = Math.max(this.whole, pts);
    if (!this.beyond) return;
    while (this.beyond.delete(this.whole + 1)) this.whole += 1;
    for (const told of this.beyond) if (told <= this.whole) this.beyond.delete(told);
    if (this.beyond.size === 0) this.beyond = undefined;
  }
}
