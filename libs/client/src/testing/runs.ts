/** `PARLEY_MODEL_RUNS=20` tries each model twenty times as often as `npm test` does; `PARLEY_MODEL_SEED` repeats a run. */
export function runs(usual: number): { readonly numRuns: number; readonly seed?: number; readonly path?: string } {
  const factor = Number(process.env['PARLEY_MODEL_RUNS'] ?? 1);
  const seed = process.env['PARLEY_MODEL_SEED'];
  const path = process.env['PARLEY_MODEL_PATH'];
  return {
    numRuns: Math.max(1, Math.round(usual * factor)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}

/** Where a story of `fc.commands` was cut: printed at the end of a counterexample. */
export const replayed = (): { readonly replayPath?: string } => {
  const replayPath = process.env['PARLEY_MODEL_REPLAY'];
  return replayPath === undefined || replayPath === '' ? {} : { replayPath };
};
