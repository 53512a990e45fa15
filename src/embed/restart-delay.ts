const FIRST = 100
const LONGEST = 5_000

/**
 * Milliseconds until the next worker may start, after that many ended in a row without a single vector in between:
 * at once after the first, then 0.1 s, doubling up to 5 s.
 */
export function restartDelay(deathsInARow: number): number {
  return deathsInARow < 2 ? 0 : Math.min(LONGEST, FIRST * 2 ** (deathsInARow - 2))
}
