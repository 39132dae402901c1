import { createInterface } from 'node:readline';

/**
 * The load process's side of talking with the bench: it says which phase begins, one line of JSON each, and goes on when
 * told, so that the bench can read the server's counters exactly there.
 */
export class Stage {
  private readonly lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

  async phase(phase: Phase): Promise<void> {
    console.log(JSON.stringify({ phase }));
    const { done } = await this.lines.next();
    if (done === true) throw new Error('the bench is gone');
  }

  result(result: unknown): void {
    console.log(JSON.stringify({ result }));
  }
}

/** `measuring` and `measured` enclose what the figures are about, and may come several times. */
export type Phase = 'connected' | 'measuring' | 'measured' | 'dropped';
