import type { Stage } from '../stage.ts';

/** "Within 5 s" (G21), and what a busy machine of two cores adds on the way. */
export const REFUSED_WITHIN_MS = 5_800;
export const HEALED_WITHIN_MS = 40_000;

export interface Fault {
  /** As in PROMISES: F4. */
  readonly code: string;
  /** Distinguishes kinds of one code; what `--fault` and reports name. */
  readonly name: string;
  readonly title: string;
  /** Every send must be answered within 5 s while it lasts and after (G21). Not where the client or the way to it is what is broken. */
  readonly answersInTime: boolean;
  /** Cheap enough for every turn of the wheel; others are played once. */
  readonly isQuick: boolean;
  /** Why it cannot be tried on this machine; undefined = it can. */
  whyNot(): string | undefined;
  /**
   * Strikes, holds, heals. Resolves with the time from which healing counts: when the fault was taken away, or when it
   * struck if nobody needs to take it away. Throws when the server does not do what it must while the fault lasts.
   */
  play(stage: Stage): Promise<number>;
}

export const possible = (): undefined => undefined;
export const isRoot = (): boolean => process.getuid?.() === 0;

export function must(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}
