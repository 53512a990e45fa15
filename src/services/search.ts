import type { List, Plan, SearchRequest } from '../domain/query.ts'
import { questionTerms } from '../domain/terms.ts'
import { afterRanking, candidateDepth } from './after-ranking.ts'
import { type AnswerParts, answer, type Ranked } from './answer.ts'
import { type AnswerText, answerJson } from './answer-json.ts'
import { calibrated, confidenceOf, FAMILIAR_SIMILARITY, FAMILIAR_WORDS } from './calibration.ts'
import type { Deps } from './deps.ts'
import { exactMatchFirst } from './exact-match.ts'
import { rerank } from './rerank.ts'
import { retrieveDense, retrieveLexical } from './retrieve.ts'
import { searchHybrid } from './search-hybrid.ts'
import { listable, selectionOf } from './selection.ts'

/** What a mode found. */
export interface Found {
  readonly plan: Plan
  readonly total: number
  /** Best first, from rank 1 on. */
  readonly ranked: readonly Ranked[]
  /** The question's vector, where the mode needed one. */
  readonly vector?: Float32Array
  /** Whether any paper speaks of what was asked. */
  readonly familiar: boolean
}

type Search = (deps: Deps, request: SearchRequest) => Promise<Found>

const searchDense: Search = async (deps, request) => {
  const { neighbours, plan, vector } = await retrieveDense(deps, request, { limit: candidateDepth(request) })
  const ranked = neighbours.map(({ key, similarity }, at) => ({
    key,
    score: calibrated('dense', similarity),
    explain: { dense: { rank: at + 1, similarity }, lexical: null, fusion: null, boosts: [] },
  }))
  const total = listable(deps, await selectionOf(deps, request))
  return { ranked, plan, total, vector, familiar: (neighbours[0]?.similarity ?? 0) >= FAMILIAR_SIMILARITY }
}

const searchLexical: Search = async (deps, request) => {
  const { matches, total } = await retrieveLexical(deps, request, {
    terms: questionTerms(request.query),
    depth: candidateDepth(request),
  })
  const ranked = matches.map(({ key, bm25 }, at) => ({
    key,
    score: calibrated('lexical', bm25),
    explain: { dense: null, lexical: { rank: at + 1, bm25, terms: [] }, fusion: null, boosts: [] },
  }))
  // Every match was compared: there is no approximation on this side.
  return { ranked, plan: 'exact', total, familiar: (ranked[0]?.score ?? 0) >= FAMILIAR_WORDS }
}

const SEARCHES: Record<SearchRequest['mode'], Search> = {
  hybrid: searchHybrid,
  dense: searchDense,
  lexical: searchLexical,
}

/** The explanation names the words that were found; only the hits that are shown are asked for theirs. */
async function explained(deps: Deps, terms: readonly string[], hit: Ranked): Promise<Ranked> {
  if (!hit.explain?.lexical) return hit
  const found = await deps.store.termsIn(hit.key, terms)
  return { ...hit, explain: { ...hit.explain, lexical: { ...hit.explain.lexical, terms: found } } }
}

async function findPapers(deps: Deps, request: SearchRequest): Promise<AnswerParts> {
  const startedAt = performance.now()
  const found = await SEARCHES[request.mode](deps, request)
  const reranked = await rerank(deps, request, found.ranked)
  const weighed = await afterRanking(deps, request, reranked.ranked)
  // Last of all, because neither age nor variety moves the paper that was asked for by its name.
  const byName = request.mode === 'hybrid' && !request.without?.includes('exact-match')
  const ranked = byName ? await exactMatchFirst(deps, request, weighed) : weighed
  const page = ranked.slice(request.offset, request.offset + request.limit)
  const terms = request.explain ? questionTerms(request.query) : []
  return {
    ranked: request.explain
      ? await Promise.all(page.map((hit) => explained(deps, terms, hit)))
      : page.map(({ key, score }) => ({ key, score })),
    total: found.total - (found.ranked.length - weighed.length),
    offset: request.offset,
    startedAt,
    plan: found.plan,
    vector: found.vector,
    terms,
    minScore: request.minScore,
    degraded: reranked.degraded,
    confidence: confidenceOf(found.familiar || ranked !== weighed, ranked[0]?.score ?? 0),
  }
}

/** Answers a question in natural language. */
export const searchPapers = async (deps: Deps, request: SearchRequest): Promise<List> =>
  answer(deps, await findPapers(deps, request))

/** The same as the text of its JSON, with the fields that are asked for. */
export const searchJson = async (deps: Deps, request: SearchRequest): Promise<AnswerText> =>
  answerJson(deps, await findPapers(deps, request), request.fields)
