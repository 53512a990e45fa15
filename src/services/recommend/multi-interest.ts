import { setImmediate } from 'node:timers/promises'
import { clampScore, type Ranked } from '../answer.ts'
import type { Deps } from '../deps.ts'
import { fusedNeighbours } from '../fused-neighbours.ts'
import { countWords } from '../known-words.ts'
import { directionOf, dot, sumOf } from '../vectors.ts'
import { wordCosines } from '../word-profile.ts'
import { interestsOf } from './interests.ts'
import { seedSimilarities } from './seed-similarity.ts'
import { planOf, type Seed, type Sought, type Strategy, vectorQuery } from './strategy.ts'

/** How much words weigh beside vectors in how alike two seeds are. */
const WORDS = 0.75
/** How much nearer to a positive than to any negative a paper must be to be left alone. */
const MARGIN = 0.1
/** How many neighbours are put in a new order where there are negatives; the same for every page. */
const HEAD = 200
/** How many papers of each kind are looked at closely for all groups together, and for each: each costs reading it. */
const [CLOSER_LOOKS, SHALLOWEST, DEEPEST] = [400, 10, 100]

interface Group {
  /** Indices of its positives. */
  readonly items: readonly number[]
  /** How deep its vectors and words are each read. */
  readonly depth: number
}

/** A paper loses what it lacks to be nearer to its best positive than to the nearest negative by MARGIN. */
async function penalise(deps: Deps, sought: Sought, found: readonly Ranked[]): Promise<readonly Ranked[]> {
  if (sought.negative.length === 0) return found
  const keys = found.map(({ key }) => key)
  const lacks = new Map(
    (await seedSimilarities(deps, sought, keys)).map(({ key, like, unlike }) => [key, unlike - like + MARGIN]),
  )
  const penalised = found.map((hit) => less(hit, lacks.get(hit.key) ?? 0))
  const head = penalised.slice(0, HEAD).sort((one, other) => other.worth - one.worth || one.hit.key - other.hit.key)
  return [...head, ...penalised.slice(HEAD)].map(({ hit }) => hit)
}

/** A hit less a penalty; what it is worth may fall below 0, its score does not. */
function less(hit: Ranked, penalty: number): { readonly hit: Ranked; readonly worth: number } {
  if (penalty <= 0) return { hit, worth: hit.score }
  const worth = hit.score - penalty
  const boosts = [{ name: 'negatives', value: -penalty }]
  return {
    hit: { ...hit, score: clampScore(worth), ...(hit.explain && { explain: { ...hit.explain, boosts } }) },
    worth,
  }
}

/** How alike each two seeds are. The root brings cosines of words, which are small, to the spread of the vectors'. */
async function likeness(deps: Deps, seeds: readonly Seed[]): Promise<Float64Array[]> {
  const shared = await wordCosines(
    deps,
    seeds.map(({ text }) => countWords(text)),
  )
  return shared.map((row, one) =>
    row.map((words, other) => {
      const [here, there] = [seeds[one], seeds[other]]
      return here && there ? (1 - WORDS) * dot(here.vector, there.vector) + WORDS * Math.sqrt(words) : 0
    }),
  )
}

/** The papers most like one group of positives: near its centre, and of its words. */
async function interest(deps: Deps, sought: Sought, { items, depth }: Group) {
  const { positive, negative } = sought
  const seeds = items.flatMap((item) => positive[item] ?? [])
  const { direction } = directionOf(sumOf(seeds.map(({ vector }) => ({ vector, weight: 1 }))))
  const limit = negative.length > 0 ? Math.max(HEAD, sought.depth) : sought.depth
  const found = await fusedNeighbours(deps, {
    query: vectorQuery(sought, { vector: direction, limit }),
    texts: seeds.map(({ text }) => text),
    depth,
  })
  return { answer: found.answer, weight: items.length, ranked: await penalise(deps, sought, found.ranked) }
}

/**
 * Groups the positives, looks for papers like each group by its centre and its words, and lets the groups take turns by
 * their size, so that two topics do not become their average, which is neither. The score is that of fusedNeighbours for
 * the group that brought the paper, less the penalty for being near a negative.
 */
export const multiInterest: Strategy = async (deps, sought) => {
  const groups = interestsOf(await likeness(deps, sought.positive))
  const depth = Math.min(DEEPEST, Math.max(SHALLOWEST, Math.ceil(CLOSER_LOOKS / Math.max(1, groups.length))))
  const found: Awaited<ReturnType<typeof interest>>[] = []
  for (const items of groups) {
    // Some 10 ms each: other requests have their turn in between.
    await setImmediate()
    found.push(await interest(deps, sought, { items, depth }))
  }
  return { interests: found, plan: planOf(found.map(({ answer }) => answer)) }
}
