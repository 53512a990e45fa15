import { queryText } from '../domain/passage.ts'
import type { LexicalMatch, Neighbour } from '../domain/ports.ts'
import type { Explanation, List, Plan, SearchRequest } from '../domain/query.ts'
import { queryTerms } from '../domain/terms.ts'
import { answer, clampScore, type Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import { exactMatchFirst } from './exact-match.ts'
import { fuseRanks, MAX_FUSED, rankValue } from './fusion.ts'
import { retrieveDense, retrieveLexical } from './retrieve.ts'

/** How deep each side is read before it is fused: below that its votes no longer move the first page. */
const FUSION_DEPTH = 100
/** BM25 has no upper bound; this is the value that scores one half. */
const BM25_MIDPOINT = 10

interface Found {
  readonly plan: Plan
  readonly total: number
  /** Best first, from rank 1 on. */
  readonly ranked: readonly Ranked[]
}

type Search = (deps: Deps, request: SearchRequest) => Promise<Found>

const explainDense = (rank: number, similarity: number): Explanation['dense'] => ({ rank, similarity })

const searchDense: Search = async (deps, request) => {
  const { neighbours, plan } = await retrieveDense(deps, request, request.offset + request.limit)
  const ranked = neighbours.map(({ key, similarity }, at) => ({
    key,
    score: clampScore(similarity),
    explain: { dense: explainDense(at + 1, similarity), lexical: null, fusion: null, boosts: [] },
  }))
  return { ranked, plan, total: deps.index.status().vectors }
}

const searchLexical: Search = async (deps, request) => {
  const { matches, total } = await retrieveLexical(deps, request, request.offset + request.limit)
  const ranked = matches.map(({ key, bm25 }, at) => ({
    key,
    score: clampScore(bm25 / (bm25 + BM25_MIDPOINT)),
    explain: { dense: null, lexical: { rank: at + 1, bm25, terms: [] }, fusion: null, boosts: [] },
  }))
  // Every match was compared: there is no approximation on this side.
  return { ranked, plan: 'exact', total }
}

function explainFused(fusion: number, near?: Placed<Neighbour>, word?: Placed<LexicalMatch>): Explanation {
  return {
    dense: near ? explainDense(near.rank, near.item.similarity) : null,
    lexical: word ? { rank: word.rank, bm25: word.item.bm25, terms: [] } : null,
    fusion,
    boosts: [],
  }
}

interface Placed<T> {
  readonly rank: number
  readonly item: T
}

const placed = <T extends { readonly key: number }>(items: readonly T[]): Map<number, Placed<T>> =>
  new Map(items.map((item, at) => [item.key, { rank: at + 1, item }]))

/**
 * Only the first FUSION_DEPTH of each side vote, whatever page is asked for, so that pages never contradict each other;
 * behind them come the remaining neighbours in their own order.
 */
const searchHybrid: Search = async (deps, request) => {
  const depth = Math.max(FUSION_DEPTH, request.offset + request.limit)
  const [near, words] = await Promise.all([
    retrieveDense(deps, request, depth),
    retrieveLexical(deps, request, FUSION_DEPTH),
  ])
  const voting = near.neighbours.slice(0, FUSION_DEPTH)
  const [byVector, byWord] = [placed(near.neighbours), placed(words.matches)]
  const fused = fuseRanks([voting, words.matches].map((side) => side.map(({ key }) => key)))
  const known = new Set(fused.map(({ key }) => key))
  const tail = near.neighbours.flatMap(({ key }, at) => (known.has(key) ? [] : [{ key, fused: rankValue(at + 1) }]))
  const ranked = [...fused, ...tail].map(({ key, fused: value }) => ({
    key,
    score: clampScore(value / MAX_FUSED),
    explain: explainFused(value, byVector.get(key), byWord.get(key)),
  }))
  return {
    ranked: await exactMatchFirst(deps, request.query, ranked),
    plan: near.plan,
    total: deps.index.status().vectors,
  }
}

const SEARCHES: Record<SearchRequest['mode'], Search> = {
  hybrid: searchHybrid,
  dense: searchDense,
  lexical: searchLexical,
}

/** The explanation names the words that were found; only the hits that are shown are asked for theirs. */
async function explained(deps: Deps, request: SearchRequest, hit: Ranked): Promise<Ranked> {
  if (!request.explain || !hit.explain) return { key: hit.key, score: hit.score }
  if (!hit.explain.lexical) return hit
  const terms = await deps.store.termsIn(hit.key, queryTerms(queryText(request.query)))
  return { ...hit, explain: { ...hit.explain, lexical: { ...hit.explain.lexical, terms } } }
}

/** Answers a question in natural language. */
export async function searchPapers(deps: Deps, request: SearchRequest): Promise<List> {
  const startedAt = performance.now()
  const { ranked, plan, total } = await SEARCHES[request.mode](deps, request)
  const page = ranked.slice(request.offset, request.offset + request.limit)
  const shown = await Promise.all(page.map((hit) => explained(deps, request, hit)))
  return answer(deps, { ranked: shown, total, offset: request.offset, startedAt, plan })
}
