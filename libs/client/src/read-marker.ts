import { ParleyError } from './http.js';

type Kind = 'read' | 'delivered';

/** Tells the server how far the user has read: the furthest position only, again after a reconnect, never back. */
export class ReadMarker {
  private wanted = 0;
  private known = 0;
  private isSending = false;

  constructor(
    private readonly kind: Kind,
    private readonly send: (kind: Kind, seq: number) => Promise<void>,
  ) {}

  /** Takes note; sent now or with the next connection. */
  mark(seq: number): void {
    this.wanted = Math.max(this.wanted, seq);
    this.flush();
  }

  /** Also called when a connection is ready. */
  flush(): void {
    if (!this.isSending && this.wanted > this.known) void this.run();
  }

  /** Never rejects. Marks that arrive meanwhile go out as one. */
  private async run(): Promise<void> {
    this.isSending = true;
    try {
      while (this.wanted > this.known) {
        const seq = this.wanted;
        await this.send(this.kind, seq);
        this.known = seq;
      }
    } catch (error) {
      const isFinal = error instanceof ParleyError && !error.retryable;
      if (isFinal) this.known = this.wanted; // Not a member any more: nothing to mark.
    } finally {
      this.isSending = false;
    }
  }
}
