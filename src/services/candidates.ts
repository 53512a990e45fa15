import type { LexicalAnswer } from '../domain/ports.ts'
import type { Plan, SearchRequest } from '../domain/query.ts'
import { questionTerms } from '../domain/terms.ts'
import { candidateDepth } from './after-ranking.ts'
import type { Deps } from './deps.ts'
import type { Evidence, Question } from './fused-value.ts'
import { retrieveDense, retrieveLexical } from './retrieve.ts'
import { bestSentences } from './sentence-similarity.ts'

/** How deep each side is read: a paper that is on neither list is not worth a closer look. */
const DEPTH = 100

/** A paper that may answer the question, with all that is known of it. */
export interface Candidate extends Evidence {
  readonly key: number
  /** From 1; null where that side did not list it. */
  readonly denseRank: number | null
  readonly lexicalRank: number | null
}

export interface Gathered {
  readonly candidates: readonly Candidate[]
  /** Neighbours behind the candidates, nearest first: they fill later pages. */
  readonly rest: readonly { readonly key: number; readonly similarity: number }[]
  readonly question: Question
  /** The question's vector. */
  readonly vector: Float32Array
  readonly plan: Plan
}

const rankOf = (items: readonly { readonly key: number }[]): Map<number, number> =>
  new Map(items.map(({ key }, at) => [key, at + 1]))

/** What the sentences and the title say of each paper; nothing of those that have none. */
async function closerLook(deps: Deps, vector: Float32Array, keys: readonly number[]) {
  const sets = await deps.store.sentenceVectors(keys)
  return new Map([...sets].map(([key, set]) => [key, bestSentences(vector, set)]))
}

const NO_WORDS: LexicalAnswer = { matches: [], total: 0, corrections: [] }

/** Reads both sides and looks closer at every paper that one of them lists. */
export async function gatherCandidates(deps: Deps, request: SearchRequest): Promise<Gathered> {
  const without = new Set(request.without)
  const [near, words] = await Promise.all([
    retrieveDense(deps, request, Math.max(DEPTH, candidateDepth(request))),
    without.has('lexical') ? NO_WORDS : retrieveLexical(deps, request, DEPTH),
  ])
  const { vector, plan } = near
  const listed = near.neighbours.slice(0, DEPTH)
  const keys = [...new Set([...listed, ...words.matches].map(({ key }) => key))]
  const [denseRanks, lexicalRanks] = [rankOf(listed), rankOf(words.matches)]
  const bm25 = new Map(words.matches.map((match) => [match.key, match.bm25]))
  const [similarities, closer] = await Promise.all([
    deps.index.similarities(vector, keys),
    closerLook(deps, vector, keys),
  ])
  const candidates = keys.map((key, at) => ({
    key,
    dense: similarities[at] ?? 0,
    bm25: bm25.get(key) ?? 0,
    sentence: without.has('sentences') ? null : (closer.get(key)?.best ?? null),
    title: without.has('titles') ? null : (closer.get(key)?.title ?? null),
    denseRank: denseRanks.get(key) ?? null,
    lexicalRank: lexicalRanks.get(key) ?? null,
  }))
  const known = new Set(keys)
  const rest = near.neighbours.slice(DEPTH).filter(({ key }) => !known.has(key))
  const question = { terms: questionTerms(request.query).length, bestBm25: words.matches[0]?.bm25 ?? 0 }
  return { candidates, rest, question, vector, plan }
}
