/** The highest rate that holds: doubled until one fails, then the gap is halved until it is narrow. */
export interface Search {
  readonly start: number;
  /** No higher rate is tried. */
  readonly ceiling: number;
  /** Ends when the lowest failing rate is within this share above the highest that held. */
  readonly precision: number;
}

/** `holds` is asked one rate after the other, in whole messages per second. 0 when not even 1 holds. */
export async function highestRate({ start, ceiling, precision }: Search, holds: (rate: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = Infinity;
  for (let rate = start; low < ceiling && high - low > Math.max(1, low * precision);) {
    if (await holds(rate)) low = rate;
    else high = rate;
    rate = high === Infinity ? Math.min(ceiling, rate * 2) : Math.floor((low + high) / 2);
  }
  return low;
}
