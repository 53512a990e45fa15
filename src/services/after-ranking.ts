import type { Explanation } from '../domain/query.ts'
import type { Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import { type Diversified, diversify } from './diversify.ts'
import { collapseNearDuplicates, type Survivor } from './near-duplicates.ts'
import { decayOf, neutralFactor } from './recency.ts'

/**
 * How many of the best are put in a new order. Always the same, whatever page is asked for: what stands on one page
 * must not depend on how far another one looks.
 */
const RERANK_DEPTH = 100

/** The part of a request that this is about. */
export interface AfterRanking {
  readonly offset: number
  readonly limit: number
  readonly diversity?: number | undefined
  readonly recencyHalfLifeDays?: number | undefined
  readonly collapse?: boolean | undefined
  readonly minScore?: number | undefined
}

/** How long a ranking `afterRanking` needs to fill the page that is asked for. */
export function candidateDepth({ offset, limit, diversity, recencyHalfLifeDays, collapse }: AfterRanking): number {
  const end = offset + limit
  if (!diversity && recencyHalfLifeDays === undefined && !collapse) return end
  // Of those that are compared nearly all could be of one kind.
  return Math.max(RERANK_DEPTH, end) + (collapse ? RERANK_DEPTH : 0)
}

const explained = <Hit extends Ranked>(hit: Hit, more: (explain: Explanation) => Partial<Explanation>): Hit =>
  hit.explain ? { ...hit, explain: { ...hit.explain, ...more(hit.explain) } } : hit

/** Scores times recency; the day counts, not the hour, so that a request gives the same bytes all day. */
async function weighByRecency<Hit extends Ranked>(
  deps: Deps,
  ranked: readonly Hit[],
  halfLifeDays: number,
): Promise<readonly Hit[]> {
  const decay = { halfLifeDays, now: new Date(deps.now().toISOString().slice(0, 10)) }
  const papers = new Map((await deps.store.byKeys(ranked.map(({ key }) => key))).map(({ key, paper }) => [key, paper]))
  const head = ranked.slice(0, RERANK_DEPTH).flatMap(({ key }) => papers.get(key) ?? [])
  const neutral = neutralFactor(head, decay)
  const weighed = ranked.map((hit) => {
    const paper = papers.get(hit.key)
    const value = (paper && decayOf(paper, decay)) ?? neutral
    const boosted = explained(hit, ({ boosts }) => ({ boosts: [...boosts, { name: 'recency', value }] }))
    return { ...boosted, score: hit.score * value }
  })
  const first = weighed.slice(0, RERANK_DEPTH).sort((one, other) => other.score - one.score)
  return [...first, ...weighed.slice(RERANK_DEPTH)]
}

/** Names the papers that were left out for a hit, where the hit is explained. */
async function nameCollapsed<Hit extends Ranked>(deps: Deps, survivors: readonly Survivor<Hit>[]): Promise<Hit[]> {
  const stored = await deps.store.byKeys(survivors.flatMap(({ collapsed }) => collapsed))
  const ids = new Map(stored.map(({ key, paper }) => [key, paper.id]))
  return survivors.map(({ item, collapsed }) =>
    collapsed.length === 0
      ? item
      : explained(item, () => ({ collapsed: collapsed.flatMap((key) => ids.get(key) ?? []) })),
  )
}

/** Diversity among the hits that will be shown: those below the least score stay behind, where the list ends. */
function varied<Item extends Diversified>(candidates: readonly Item[], request: AfterRanking): readonly Item[] {
  const { diversity = 0, minScore = 0, offset, limit } = request
  if (diversity === 0) return candidates
  const strong = candidates.filter(({ score }) => score >= minScore)
  const weak = candidates.filter(({ score }) => score < minScore)
  return [...diversify(strong, { diversity, limit: offset + limit }), ...weak]
}

/**
 * What a request asks for beyond relevance, over a ranking of at least `candidateDepth` papers, best first, before the
 * page is cut out: recency, then near-duplicates, then diversity. The first RERANK_DEPTH are put in a new order, those
 * behind keep theirs. Nothing changes where nothing is asked for. Only `collapse` makes the list shorter.
 */
export async function afterRanking<Hit extends Ranked>(
  deps: Deps,
  request: AfterRanking,
  ranked: readonly Hit[],
): Promise<readonly Hit[]> {
  const { recencyHalfLifeDays, diversity = 0, collapse = false } = request
  const weighed = recencyHalfLifeDays === undefined ? ranked : await weighByRecency(deps, ranked, recencyHalfLifeDays)
  if (diversity === 0 && !collapse) return weighed
  const head = await Promise.all(
    weighed
      .slice(0, RERANK_DEPTH)
      .map(async (hit) => ({ key: hit.key, score: hit.score, hit, vector: await deps.index.vectorOf(hit.key) })),
  )
  const survivors = collapse ? collapseNearDuplicates(head) : head.map((item) => ({ item, collapsed: [] }))
  const named = await nameCollapsed(
    deps,
    survivors.map(({ item, collapsed }) => ({ item: item.hit, collapsed })),
  )
  const candidates = survivors.map(({ item }, at) => ({ ...item, hit: named[at] ?? item.hit }))
  return [...varied(candidates, request).map(({ hit }) => hit), ...weighed.slice(RERANK_DEPTH)]
}
