import type { List, SearchRequest } from '../domain/query.ts'
import { afterRanking, candidateDepth } from './after-ranking.ts'
import { type AnswerParts, answer, type Ranked } from './answer.ts'
import { type AnswerText, answerJson } from './answer-json.ts'
import { calibrated, FAMILIAR_WORDS } from './calibration.ts'
import type { Deps } from './deps.ts'
import { type Found, pageFound } from './found.ts'
import { rerank } from './rerank.ts'
import { type Asked, askedOf } from './retrieve.ts'
import { searchDense } from './search-dense.ts'
import { searchHybrid } from './search-hybrid.ts'

type Search = (deps: Deps, asked: Asked) => Promise<Found>

const searchLexical: Search = async (deps, { request, text, within }) => {
  const { matches, total } = deps.store.lexical(text.terms, candidateDepth(request), within)
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
function explained(deps: Deps, terms: readonly string[], hit: Ranked): Ranked {
  if (!hit.explain?.lexical) return hit
  const found = deps.store.termsIn(hit.key, terms)
  return { ...hit, explain: { ...hit.explain, lexical: { ...hit.explain.lexical, terms: found } } }
}

async function findPapers(deps: Deps, request: SearchRequest): Promise<AnswerParts> {
  const startedAt = performance.now()
  const asked = await askedOf(deps, request)
  const found = await SEARCHES[request.mode](deps, asked)
  const { ranked, degraded } = await rerank(deps, request, found.ranked)
  const page = pageFound(deps, asked, { found, weighed: await afterRanking(deps, request, ranked), startedAt })
  const terms = request.explain ? asked.text.terms : []
  return {
    ...page,
    ranked: request.explain
      ? page.ranked.map((hit) => explained(deps, terms, hit))
      : page.ranked.map(({ key, score }) => ({ key, score })),
    terms,
    degraded,
  }
}

/** Answers a question in natural language. */
export const searchPapers = async (deps: Deps, request: SearchRequest): Promise<List> =>
  answer(deps, await findPapers(deps, request))

/** The same as the text of its JSON, with the fields that are asked for. */
export const searchJson = async (deps: Deps, request: SearchRequest): Promise<AnswerText> =>
  answerJson(deps, await findPapers(deps, request), request.fields)
