import type { LexicalAnswer, LexicalMatch } from '../domain/ports.ts'
import type { Plan, SearchRequest } from '../domain/query.ts'
import { questionTerms } from '../domain/terms.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import { candidateDepth } from './after-ranking.ts'
import type { Deps } from './deps.ts'
import type { Evidence, Question } from './fused-value.ts'
import { retrieveDense, retrieveLexical } from './retrieve.ts'
import { nearestSentence, titleSimilarity } from './sentence-similarity.ts'

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
  /** The words of the question, without stop words. */
  readonly terms: readonly string[]
  readonly question: Question
  /** The question's vector. */
  readonly vector: Float32Array
  readonly plan: Plan
}

/** A candidate while it is found out about. */
type Growing = { -readonly [Name in keyof Candidate]: Candidate[Name] }

/** Every paper that one of the sides lists, the nearest first, behind them those that only the words found. */
function mergeLists(near: readonly Neighbour[], words: readonly LexicalMatch[]): Growing[] {
  const candidates: Growing[] = []
  const byKey = new Map<number, Growing>()
  for (const { key, similarity } of near) {
    const denseRank = candidates.length + 1
    const found = { key, dense: similarity, bm25: 0, sentence: null, title: null, denseRank, lexicalRank: null }
    candidates.push(found)
    byKey.set(key, found)
  }
  for (let at = 0; at < words.length; at += 1) {
    const { key, bm25 } = words[at] as LexicalMatch
    const lexicalRank = at + 1
    const known = byKey.get(key)
    if (known) {
      known.bm25 = bm25
      known.lexicalRank = lexicalRank
    } else candidates.push({ key, dense: 0, bm25, sentence: null, title: null, denseRank: null, lexicalRank })
  }
  return candidates
}

/** Only the nearest know theirs. */
async function addSimilarities(deps: Deps, vector: Float32Array, candidates: readonly Growing[]): Promise<void> {
  const others = candidates.filter(({ denseRank }) => denseRank === null)
  const similarities = await deps.index.similarities(
    vector,
    others.map(({ key }) => key),
  )
  for (let at = 0; at < others.length; at += 1) (others[at] as Growing).dense = similarities[at] ?? 0
}

async function addSentences(deps: Deps, vector: Float32Array, candidates: readonly Growing[]): Promise<void> {
  const near = await deps.store.compareSentences(
    vector,
    candidates.map(({ key }) => key),
  )
  for (let at = 0; at < candidates.length; at += 1) {
    const candidate = candidates[at] as Growing
    candidate.sentence = nearestSentence(near, at).similarity
    candidate.title = titleSimilarity(near, at)
  }
}

function restOf({ neighbours }: { readonly neighbours: readonly Neighbour[] }, candidates: readonly Candidate[]) {
  if (neighbours.length <= DEPTH) return []
  const known = new Set(candidates.map(({ key }) => key))
  const behind = neighbours.slice(DEPTH).map((each, at) => ({ ...each, rank: DEPTH + at + 1 }))
  return behind.filter(({ key }) => !known.has(key))
}

const NO_WORDS: LexicalAnswer = { matches: [], total: 0, corrections: [] }

/** Reads both sides and looks closer at every paper that one of them lists. */
export async function gatherCandidates(deps: Deps, request: SearchRequest): Promise<Gathered> {
  const { without = [] } = request
  const terms = questionTerms(request.query)
  const [near, words] = await Promise.all([
    retrieveDense(deps, request, { limit: Math.max(DEPTH, candidateDepth(request)), leastEf: DENSE_EF }),
    // In the time that the model takes for a new question.
    without.includes('lexical') ? NO_WORDS : retrieveLexical(deps, request, { terms, depth: DEPTH }),
  ])
  const { vector, plan } = near
  const candidates = mergeLists(near.neighbours.slice(0, DEPTH), words.matches)
  await addSimilarities(deps, vector, candidates)
  await addSentences(deps, vector, candidates)
  for (const candidate of candidates) {
    if (without.includes('sentences')) candidate.sentence = null
    if (without.includes('titles')) candidate.title = null
  }
  const question = { terms: terms.length, bestBm25: words.matches[0]?.bm25 ?? 0 }
  return { candidates, rest: restOf(near, candidates), terms, question, vector, plan }
}
