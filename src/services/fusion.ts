/**
 * Reciprocal rank fusion: a paper's value is the sum over the lists of 1 / (k + rank), rank from 1
 * (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009, which found k = 60).
 */
const K = 60

const SIDES = 2
/** The value of a paper that is first on both sides. */
export const MAX_FUSED = SIDES / (K + 1)

export interface Fused {
  readonly key: number
  readonly fused: number
}

/** Fuses ranked lists of keys, best first; ties by key, so that the same lists always give the same order. */
export function fuseRanks(lists: readonly (readonly number[])[]): Fused[] {
  const values = new Map<number, number>()
  for (const list of lists) {
    list.forEach((key, at) => {
      values.set(key, (values.get(key) ?? 0) + 1 / (K + at + 1))
    })
  }
  return [...values]
    .map(([key, fused]) => ({ key, fused }))
    .sort((one, other) => other.fused - one.fused || one.key - other.key)
}
