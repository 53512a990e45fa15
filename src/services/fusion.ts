/**
 * Reciprocal rank fusion: a paper's value is the sum over the lists of 1 / (k + rank), rank from 1
 * (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009, which found k = 60).
 */
const K = 60

/** What one list gives to the paper at a rank (from 1). */
export const rankValue = (rank: number): number => 1 / (K + rank)

const SIDES = 2
/** The value of a paper that is first on both sides. */
export const MAX_FUSED = SIDES * rankValue(1)

export interface Fused {
  readonly key: number
  readonly fused: number
}

/** Fuses ranked lists of keys, best first; ties by key, so that the same lists always give the same order. */
export function fuseRanks(lists: readonly (readonly number[])[]): Fused[] {
  const values = new Map<number, number>()
  for (const list of lists) {
    list.forEach((key, at) => {
      values.set(key, (values.get(key) ?? 0) + rankValue(at + 1))
    })
  }
  return [...values]
    .map(([key, fused]) => ({ key, fused }))
    .sort((one, other) => other.fused - one.fused || one.key - other.key)
}
