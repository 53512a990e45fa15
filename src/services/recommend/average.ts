import { clampScore } from '../answer.ts'
import { directionOf, sumOf } from '../vectors.ts'
import { neighboursOf, type Sought, type Strategy } from './strategy.ts'

function averageOf({ positive, negative }: Sought): Float32Array {
  const [towards, away] = negative.length > 0 ? [2, -1] : [1, 0]
  return directionOf(
    sumOf([
      ...positive.map(({ vector }) => ({ vector, weight: towards / positive.length })),
      ...negative.map(({ vector }) => ({ vector, weight: away / negative.length })),
    ]),
  ).direction
}

/**
 * One search from 2 · avg(positive) − avg(negative), or avg(positive) without negatives: the average vector strategy of
 * Qdrant's documentation (Explore, Recommendation API). The score is the cosine, negative ones 0.
 */
export const average: Strategy = async (deps, sought) => {
  const found = await neighboursOf(deps, sought, { vector: averageOf(sought), limit: sought.depth })
  const ranked = found.neighbours.map(({ key, similarity }, at) => ({
    key,
    score: clampScore(similarity),
    explain: { dense: { rank: at + 1, similarity }, lexical: null, fusion: null, boosts: [] },
  }))
  return { interests: [{ weight: 1, ranked }], plan: found.plan }
}
