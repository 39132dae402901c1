/** `PARLEY_MODEL_RUNS=20` tries each model twenty times as often as `npm test` does; `PARLEY_MODEL_SEED` repeats a run. */
export function runs(usual: number): { readonly numRuns: number; readonly seed?: number; readonly verbose: 0 | 1 } {
  const factor = Number(process.env['PARLEY_MODEL_RUNS'] ?? 1);
  const seed = process.env['PARLEY_MODEL_SEED'];
  return { numRuns: Math.max(1, Math.round(usual * factor)), ...(seed === undefined ? {} : { seed: Number(seed) }), verbose: 0 };
}
