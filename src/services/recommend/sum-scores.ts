import { clampScore } from '../answer.ts'
import { directionOf, sumOf } from '../vectors.ts'
import { neighboursOf, type Strategy } from './strategy.ts'

/**
 * Σ s(positive) − Σ s(negative), the sum scores strategy of Qdrant's documentation (Explore, Recommendation API). Cosines
 * of unit vectors are linear in the seed, so the sum over seeds is the product with the sum of seeds: one search finds
 * its best papers, as exactly as the index searches, also where all seeds are negative.
 *
 * With n seeds the value lies in −n..n; the score is (1 + value / n) / 2.
 */
export const sumScores: Strategy = async (deps, sought) => {
  const { positive, negative } = sought
  const seeds = positive.length + negative.length
  const { direction, length } = directionOf(
    sumOf([
      ...positive.map(({ vector }) => ({ vector, weight: 1 })),
      ...negative.map(({ vector }) => ({ vector, weight: -1 })),
    ]),
  )
  const found = await neighboursOf(deps, sought, { vector: direction, limit: sought.depth })
  const ranked = found.neighbours.map(({ key, similarity }, at) => {
    const value = length * similarity
    return {
      key,
      score: clampScore((1 + value / seeds) / 2),
      explain: { dense: { rank: at + 1, similarity }, lexical: null, fusion: value, boosts: [] },
    }
  })
  return { interests: [{ weight: 1, ranked }], plan: found.plan }
}
