import { dot } from './vectors.ts'

export interface Diversified {
  readonly key: number
  /** 0..1 */
  readonly score: number
  /** A unit vector; null where there is none, which is like nothing. */
  readonly vector: Float32Array | null
}

interface Diversity {
  /** 0 keeps the order by score, 1 asks for difference alone. */
  readonly diversity: number
  /** How many places are given out; the rest follows as it came. */
  readonly limit: number
}

/** Where the highest value stands, the first of equals. */
function highest(values: readonly number[]): number {
  let best = 0
  values.forEach((value, at) => {
    if (value > (values[best] ?? 0)) best = at
  })
  return best
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering
 * Documents and Producing Summaries", SIGIR 1998): each place goes to the candidate with the highest
 * λ · score − (1 − λ) · (greatest cosine to those placed before), λ = 1 − diversity; ties go to the better ranked.
 *
 * Scores stay what they were. Places are given out from the first on, so a longer answer begins with the shorter one.
 */
export function diversify<Item extends Diversified>(
  ranked: readonly Item[],
  { diversity, limit }: Diversity,
): readonly Item[] {
  const left = [...ranked]
  const nearest = left.map(() => Number.NEGATIVE_INFINITY)
  const placed: Item[] = []
  while (placed.length < limit && left.length > 0) {
    const penalty = (at: number): number => (placed.length === 0 ? 0 : (nearest[at] ?? 0))
    const at = highest(left.map(({ score }, place) => (1 - diversity) * score - diversity * penalty(place)))
    const [chosen] = left.splice(at, 1)
    nearest.splice(at, 1)
    if (!chosen) break
    placed.push(chosen)
    left.forEach(({ vector }, place) => {
      const similarity = vector && chosen.vector ? dot(vector, chosen.vector) : 0
      nearest[place] = Math.max(nearest[place] ?? 0, similarity)
    })
  }
  return [...placed, ...left]
}
