/** The database's time as well as this process can tell; never the client's, and not blindly this machine's (G23). */
export abstract class Clock {
  abstract now(): Date;
  /** Calls `act` once, `milliseconds` from now, unless cancelled by the function it returns. */
  abstract later(milliseconds: number, act: () => void): () => void;
}
