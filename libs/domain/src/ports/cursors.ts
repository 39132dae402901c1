import type { Position } from '../page.js';

/** Positions as opaque text that only this installation can have made. */
export abstract class Cursors {
  /** `binding`: who asks for what; the cursor is worth nothing elsewhere. */
  abstract seal(position: Position, binding: string): string;
  /** Undefined for anything that `seal` did not make for this binding. */
  abstract open(cursor: string, binding: string): Position | undefined;
}
