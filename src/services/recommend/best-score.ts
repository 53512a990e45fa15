import type { VectorAnswer } from '../../domain/vector-index.ts'
import type { Deps } from '../deps.ts'
import { type SeedSimilarity, seedSimilarities } from './seed-similarity.ts'
import { neighboursOf, planOf, type Sought, type Strategy } from './strategy.ts'

/** An index up to this size is compared whole. */
const SMALL = 2_000
/** How many neighbours of each seed are looked at first; the same for all of the first pages. */
const FIRST_WIDTH = 200

/** The sigmoid that Qdrant uses: 0..1, monotone, without an exponential. */
const sigmoid = (similarity: number): number => 0.5 * (1 + similarity / (1 + Math.abs(similarity)))

const bestScoreOf = ({ like, unlike }: SeedSimilarity): number => (like > unlike ? sigmoid(like) : -sigmoid(unlike))

interface Valued extends SeedSimilarity {
  readonly value: number
}

interface Pool {
  readonly candidates: readonly Valued[]
  readonly answers: readonly VectorAnswer[]
  /** No paper outside is more like a positive than this; −∞ where there is none outside. */
  readonly ceiling: number
}

/** The neighbours of every positive; without positives, what is farthest from each negative. */
async function pool(deps: Deps, sought: Sought, width: number): Promise<Pool> {
  const { positive, negative } = sought
  const from =
    positive.length > 0
      ? positive.map(({ vector }) => vector)
      : negative.map(({ vector }) => vector.map((component) => -component))
  const answers = await Promise.all(from.map((vector) => neighboursOf(deps, sought, { vector, limit: width })))
  const keys = [...new Set(answers.flatMap(({ neighbours }) => neighbours.map(({ key }) => key)))]
  const candidates = (await seedSimilarities(deps, sought, keys)).map((each) => ({ ...each, value: bestScoreOf(each) }))
  const whole = answers.some(({ neighbours }) => neighbours.length < width)
  const ends = answers.map(({ neighbours }) => neighbours.at(-1)?.similarity ?? -1)
  return { candidates, answers, ceiling: whole ? Number.NEGATIVE_INFINITY : Math.max(...ends) }
}

/** Whether no paper outside the pool can be among the best that are needed (the threshold algorithm of Fagin et al.). */
function isSettled({ candidates, ceiling }: Pool, { depth, positive }: Sought): boolean {
  if (ceiling === Number.NEGATIVE_INFINITY) return true
  if (positive.length === 0) return candidates.length >= depth
  return candidates.filter(({ like, value }) => value > 0 && like >= ceiling).length >= depth
}

async function settledPool(deps: Deps, sought: Sought): Promise<Pool> {
  const size = deps.index.status().vectors
  const small = sought.exact || size <= SMALL
  let width = small ? size + 1 : Math.max(FIRST_WIDTH, sought.depth)
  let found = await pool(deps, sought, width)
  while (!isSettled(found, sought)) {
    width *= 2
    found = await pool(deps, sought, width)
  }
  return found
}

/**
 * σ(best positive) where the best positive is nearer than the best negative, else −σ(best negative): the best score
 * strategy of Qdrant's documentation (Explore, Recommendation API), also for negatives alone. Each seed is searched for
 * by itself, wider until no other paper can come before those found, and what is found is scored exactly. For several
 * negatives alone the candidates of a large index are those farthest from each.
 *
 * The value lies in −0.75..0.75; the score is (1 + value / 0.75) / 2.
 */
export const bestScore: Strategy = async (deps, sought) => {
  const { candidates, answers } = await settledPool(deps, sought)
  const best = candidates.toSorted((one, other) => other.value - one.value || one.key - other.key)
  const ranked = best.slice(0, sought.depth).map(({ key, like, value }, at) => ({
    key,
    score: (1 + value / sigmoid(1)) / 2,
    explain: {
      dense: Number.isFinite(like) ? { rank: at + 1, similarity: like } : null,
      lexical: null,
      fusion: value,
      boosts: [],
    },
  }))
  return { interests: [{ weight: 1, ranked }], plan: planOf(answers) }
}
