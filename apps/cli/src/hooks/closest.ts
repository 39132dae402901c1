/** The known name with the fewest edits, when a third of the letters or fewer are wrong. */
export function closest(asked: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, edits: distance(asked, name) })).sort((one, other) => one.edits - other.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** Levenshtein, one row at a time. Input is a command line, so bounded by its first 60 letters. */
export function distance(from: string, to: string): number {
  const source = from.slice(0, 60);
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= source.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (source[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
