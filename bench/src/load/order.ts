/** Does each receiver see each sender's messages as 1, 2, 3, ...? */
export class OrderWatch {
  private readonly last: Float64Array;
  private readonly senders: number;
  reordered = 0;
  repeated = 0;

  constructor(receivers: number, senders: number) {
    this.senders = senders;
    this.last = new Float64Array(receivers * senders);
  }

  /** A number below the highest seen is late; the same one again is a repeat. */
  see(receiver: number, sender: number, n: number): void {
    const at = receiver * this.senders + sender;
    const last = this.last[at] ?? 0;
    if (n > last) this.last[at] = n;
    else if (n === last) this.repeated += 1;
    else this.reordered += 1;
  }
}
