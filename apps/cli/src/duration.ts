const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const SHAPE = /^(\d{1,9}[smhdw])+$/;

/** `90s`, `15m`, `1h30m`, `2d`, `1w` -> seconds. A bare number is refused: nobody knows what 30 means. */
export function secondsOf(text: string): number {
  if (!SHAPE.test(text)) throw new Error(`${JSON.stringify(text)} is no duration: write 90s, 15m, 1h30m, 2d or 1w`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw])/g)) total += Number(amount) * (SECONDS[unit ?? ''] ?? 0);
  if (total < 1) throw new Error('the shortest duration is 1s');
  return total;
}
