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
/** Finds the nearest hundred in one go; a narrower search would have to be repeated wider. */
const DENSE_EF = 128

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
  readonly rest: readonly { readonly key: number; readonly similarity: number; readonly rank: number }[]
  readonly question: Question
  /** The question's vector. */
  readonly vector: Float32Array
  readonly plan: Plan
}

type Near = Awaited<ReturnType<typeof retrieveDense>>

const rankOf = (items: readonly { readonly key: number }[]): Map<number, number> =>
  new Map(items.map(({ key }, at) => [key, at + 1]))

/** Those of the neighbours are known; the index is asked for the others. */
async function similaritiesOf(deps: Deps, near: Near, keys: readonly number[]): Promise<Map<number, number>> {
  const known = new Map(near.neighbours.map(({ key, similarity }) => [key, similarity]))
  const others = keys.filter((key) => !known.has(key))
  const similarities = await deps.index.similarities(near.vector, others)
  for (const [at, key] of others.entries()) known.set(key, similarities[at] ?? 0)
  return known
}

const NO_WORDS: LexicalAnswer = { matches: [], total: 0, corrections: [] }

/** Reads both sides and looks closer at every paper that one of them lists. */
export async function gatherCandidates(deps: Deps, request: SearchRequest): Promise<Gathered> {
  const without = new Set(request.without)
  const [near, words] = await Promise.all([
    retrieveDense(deps, request, { limit: Math.max(DEPTH, candidateDepth(request)), leastEf: DENSE_EF }),
    without.has('lexical') ? NO_WORDS : retrieveLexical(deps, request, DEPTH),
  ])
  const { vector, plan } = near
  const listed = near.neighbours.slice(0, DEPTH)
  const keys = [...new Set([...listed, ...words.matches].map(({ key }) => key))]
  const [denseRanks, lexicalRanks] = [rankOf(listed), rankOf(words.matches)]
  const bm25 = new Map(words.matches.map((match) => [match.key, match.bm25]))
  const similarity = await similaritiesOf(deps, near, keys)
  const sets = await deps.store.sentenceVectors(keys)
  const candidates = keys.map((key) => {
    const set = sets.get(key)
    const closer = set && bestSentences(vector, set)
    return {
      key,
      dense: similarity.get(key) ?? 0,
      bm25: bm25.get(key) ?? 0,
      sentence: without.has('sentences') ? null : (closer?.best ?? null),
      title: without.has('titles') ? null : (closer?.title ?? null),
      denseRank: denseRanks.get(key) ?? null,
      lexicalRank: lexicalRanks.get(key) ?? null,
    }
  })
  const known = new Set(keys)
  const behind = near.neighbours.slice(DEPTH).map((each, at) => ({ ...each, rank: DEPTH + at + 1 }))
  const rest = behind.filter(({ key }) => !known.has(key))
  const question = { terms: questionTerms(request.query).length, bestBm25: words.matches[0]?.bm25 ?? 0 }
  return { candidates, rest, question, vector, plan }
}
