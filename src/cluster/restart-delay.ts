const FIRST_MS = 100
const LONGEST_MS = 5_000

/** Milliseconds until the next start, after that many ends in a row soon after a start: 0.1 s, doubling up to 5 s. */
export const restartDelay = (deathsInARow: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** (deathsInARow - 1))
