import type { Neighbour } from '../../domain/ports.ts'
import { clampScore } from '../answer.ts'
import type { Deps } from '../deps.ts'
import { directionOf, sumOf } from '../vectors.ts'
import { interestsOf } from './interests.ts'
import { seedSimilarities } from './seed-similarity.ts'
import { neighboursOf, planOf, type Sought, type Strategy } from './strategy.ts'

/** How much nearer to a positive than to any negative a paper must be to be left alone. */
const MARGIN = 0.1
/** How many neighbours are put in a new order where there are negatives; the same for every page. */
const HEAD = 200

interface Penalised extends Neighbour {
  readonly penalty: number
}

/** A paper loses what it lacks to be nearer to its best positive than to the nearest negative by MARGIN. */
async function penalise(deps: Deps, sought: Sought, found: readonly Neighbour[]): Promise<Penalised[]> {
  if (sought.negative.length === 0) return found.map((each) => ({ ...each, penalty: 0 }))
  const keys = found.map(({ key }) => key)
  const lacks = new Map(
    (await seedSimilarities(deps, sought, keys)).map(({ key, like, unlike }) => [key, unlike - like + MARGIN]),
  )
  const penalised = found.map((each) => ({ ...each, penalty: Math.max(0, lacks.get(each.key) ?? 0) }))
  const worth = ({ similarity, penalty }: Penalised): number => similarity - penalty
  const head = penalised.slice(0, HEAD).sort((one, other) => worth(other) - worth(one) || one.key - other.key)
  return [...head, ...penalised.slice(HEAD)]
}

/** The papers nearest to the centre of one group of positives. */
async function interest(deps: Deps, sought: Sought, items: readonly number[]) {
  const { positive, negative, depth } = sought
  const parts = items.flatMap((item) => positive[item] ?? []).map(({ vector }) => ({ vector, weight: 1 }))
  const limit = negative.length > 0 ? Math.max(HEAD, depth) : depth
  const answer = await neighboursOf(deps, sought, { vector: directionOf(sumOf(parts)).direction, limit })
  const ranked = (await penalise(deps, sought, answer.neighbours)).map(({ key, similarity, penalty }, at) => ({
    key,
    score: clampScore(similarity - penalty),
    explain: {
      dense: { rank: at + 1, similarity },
      lexical: null,
      fusion: null,
      boosts: penalty > 0 ? [{ name: 'negatives', value: -penalty }] : [],
    },
  }))
  return { answer, weight: items.length, ranked }
}

/**
 * Groups the positives, searches from the centre of each group, and lets the groups take turns by their size, so that
 * two topics do not become their average, which is neither. The score is the cosine to the centre of the group that
 * brought the paper, less the penalty for being near a negative.
 */
export const multiInterest: Strategy = async (deps, sought) => {
  const groups = interestsOf(sought.positive.map(({ vector }) => vector))
  const found = await Promise.all(groups.map((items) => interest(deps, sought, items)))
  return { interests: found, plan: planOf(found.map(({ answer }) => answer)) }
}
