import type { List } from '../domain/query.ts'
import type { RecommendRequest, RecommendStrategy } from '../domain/recommend.ts'
import { afterRanking, candidateDepth } from './after-ranking.ts'
import { answer, type Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import { average } from './recommend/average.ts'
import { bestScore } from './recommend/best-score.ts'
import { interleave } from './recommend/interleave.ts'
import { multiInterest } from './recommend/multi-interest.ts'
import { nearestSeeds } from './recommend/seed-similarity.ts'
import { resolveSeeds } from './recommend/seeds.ts'
import type { Interest, Seed, Sought, Strategy } from './recommend/strategy.ts'
import { sumScores } from './recommend/sum-scores.ts'
import { listable, selectionOf } from './selection.ts'

const STRATEGIES: Record<RecommendStrategy, Strategy> = { average, bestScore, sumScores, multiInterest }

async function seek(deps: Deps, request: RecommendRequest): Promise<Sought> {
  const { exact, ef } = request
  const { positive, negative } = await resolveSeeds(deps, request)
  const exclude = [...positive, ...negative].map(({ key }) => key).filter((key) => key !== null)
  const within = await selectionOf(deps, request)
  return { positive, negative, depth: candidateDepth(request), exact, ef, exclude, within }
}

interface Found {
  readonly interests: readonly Interest[]
  /** How many papers could be listed. */
  readonly available: number
}

/**
 * Recency and diversity order each interest by itself, or they would undo the turns that the interests take; what says
 * nearly the same is sought among all.
 */
async function merge(deps: Deps, request: RecommendRequest, { interests, available }: Found) {
  const { collapse, ...rest } = request
  const { offset, limit, minScore = 0 } = request
  const ordered = await Promise.all(
    interests.map(async ({ weight, ranked }) => {
      const after = await afterRanking(deps, rest, ranked)
      // Scores do not fall along a list that interests take turns in, so the weak are left out before.
      return { weight, ranked: after.filter(({ score }) => score >= minScore) }
    }),
  )
  const depth = candidateDepth(request)
  const merged = interleave(ordered, depth)
  const ranked = await afterRanking(deps, { offset, limit, collapse }, merged)
  // A list that is shorter than it was asked to be holds all that there is.
  return { ranked, total: (merged.length < depth ? merged.length : available) - (merged.length - ranked.length) }
}

/** A hit as it was asked for: with its explanation, which then names the seed that it is most like, or without. */
function shown(hit: Ranked, explain: boolean, nearest: Seed | undefined): Ranked {
  if (!explain) return { key: hit.key, score: hit.score }
  return hit.explain && nearest ? { ...hit, explain: { ...hit.explain, nearestSeed: nearest.label } } : hit
}

/** How many papers could be listed: those of the filter, or all, without the seeds. */
function countOf(deps: Deps, { within, exclude }: Sought): number {
  const seeds = exclude.filter((key) => !within || within.has(key))
  return listable(deps, within) - seeds.length
}

/** Papers like some and unlike others, never those themselves. Throws PAPER_NOT_FOUND, INVALID_REQUEST. */
export async function recommend(deps: Deps, request: RecommendRequest): Promise<List> {
  const startedAt = performance.now()
  const { offset, limit, explain, strategy } = request
  const sought = await seek(deps, request)
  const { interests, plan } = await STRATEGIES[strategy](deps, sought)
  const { ranked, total } = await merge(deps, request, { interests, available: countOf(deps, sought) })
  const page = ranked.slice(offset, offset + limit)
  const keys = page.map(({ key }) => key)
  const nearest = await nearestSeeds(deps, sought.positive, keys)
  return answer(deps, {
    ranked: page.map((hit, at) => shown(hit, explain, nearest[at])),
    total,
    offset,
    startedAt,
    plan,
    // What a hit says is shown by the sentence nearest to the seed that it is most like: between topics lies nothing.
    vector: new Map(keys.flatMap((key, at) => (nearest[at] ? [[key, nearest[at].vector] as const] : []))),
  })
}
