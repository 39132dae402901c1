/** A running timer, to be given back to `clearTimeout`. */
export type TimerHandle = unknown;

/** Everything the SDK knows of time and chance. Tests put their own in its place. */
export interface Timers {
  /** Milliseconds from any fixed start; only differences are used, so that a wrong device clock changes nothing. */
  now(): number;
  setTimeout(run: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  /** 0 up to, without, 1. */
  random(): number;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  random: () => Math.random(),
};

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** 1 s up to 2, 4, … 30 s, any time in between by chance, so that clients which fell together do not come back together (G22). */
export function backoffMs(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_MS, 2 * FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(FIRST_MS + (longest - FIRST_MS) * random());
}

/** What the server asked to wait, and up to half as much again by chance. */
export const jittered = (ms: number, random: () => number): number => Math.round(ms * (1 + random() / 2));
