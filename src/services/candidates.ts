import type { LexicalMatch, SentenceSimilarities } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import { candidateDepth } from './after-ranking.ts'
import type { Deps } from './deps.ts'
import type { Evidence, Question } from './fused-value.ts'
import { type Asked, type NearestPapers, retrieveDense, retrieveDenseAtOnce } from './retrieve.ts'
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
  readonly question: Question
  /** The question's vector. */
  readonly vector: Float32Array
  readonly plan: Plan
}

/** A candidate while it is found out about. */
type Growing = { -readonly [Name in keyof Candidate]: Candidate[Name] }

/** What both sides list. */
interface Lists {
  readonly near: NearestPapers
  readonly words: readonly LexicalMatch[]
}

/** Every paper that one of the sides lists, the nearest first, behind them those that only the words found. */
function mergeLists({ near: { neighbours }, words }: Lists): Growing[] {
  const candidates: Growing[] = []
  const byKey = new Map<number, Growing>()
  for (let at = 0; at < Math.min(neighbours.length, DEPTH); at += 1) {
    const { key, similarity } = neighbours[at] as Neighbour
    const denseRank = at + 1
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

/** Those that only the words found: they do not know their similarity yet. */
const foundByWords = (candidates: readonly Growing[]): Growing[] =>
  candidates.filter(({ denseRank }) => denseRank === null)

const keysOf = (candidates: readonly Candidate[]): number[] => candidates.map(({ key }) => key)

function addSimilarities(others: readonly Growing[], similarities: readonly (number | null)[]): void {
  for (let at = 0; at < others.length; at += 1) (others[at] as Growing).dense = similarities[at] ?? 0
}

function addSentences(
  near: SentenceSimilarities,
  { request: { without } }: Asked,
  candidates: readonly Growing[],
): void {
  const [isWithoutSentences, isWithoutTitles] = [without?.includes('sentences'), without?.includes('titles')]
  for (let at = 0; at < candidates.length; at += 1) {
    const candidate = candidates[at] as Growing
    if (!isWithoutSentences) candidate.sentence = nearestSentence(near, at).similarity
    if (!isWithoutTitles) candidate.title = titleSimilarity(near, at)
  }
}

function restOf({ neighbours }: NearestPapers, candidates: readonly Candidate[]): Gathered['rest'] {
  if (neighbours.length <= DEPTH) return []
  const known = new Set(keysOf(candidates))
  const behind = neighbours.slice(DEPTH).map((each, at) => ({ ...each, rank: DEPTH + at + 1 }))
  return behind.filter(({ key }) => !known.has(key))
}

const depthOf = ({ request }: Asked) => ({ limit: Math.max(DEPTH, candidateDepth(request)), leastEf: DENSE_EF })

const wantsWords = ({ request: { without } }: Asked): boolean => !without?.includes('lexical')

/** A closer look at candidates whose similarities are known. */
function lookCloser(
  deps: Deps,
  asked: Asked,
  { near, words, candidates }: Lists & { candidates: Growing[] },
): Gathered {
  const { vector, plan } = near
  addSentences(deps.store.compareSentences(vector, keysOf(candidates)), asked, candidates)
  const question = { terms: asked.text.terms.length, bestBm25: words[0]?.bm25 ?? 0 }
  return { candidates, rest: restOf(near, candidates), question, vector, plan }
}

/** Reads both sides and looks closer at every paper that one of them lists. */
export async function gatherCandidates(deps: Deps, asked: Asked): Promise<Gathered> {
  const {
    within,
    text: { terms },
  } = asked
  // In the time that the model takes for a new question.
  const readMeanwhile = async () => (wantsWords(asked) ? deps.store.lexical(terms, DEPTH, within).matches : [])
  const [near, words] = await Promise.all([retrieveDense(deps, asked, depthOf(asked)), readMeanwhile()])
  const candidates = mergeLists({ near, words })
  const others = foundByWords(candidates)
  addSimilarities(others, await deps.index.similarities(near.vector, keysOf(others)))
  return lookCloser(deps, asked, { near, words, candidates })
}

/** The same without a turn of the event loop in between; null where there is more to do than to look things up. */
export function gatherAtOnce(deps: Deps, asked: Asked): Gathered | null {
  const near = retrieveDenseAtOnce(deps, asked, depthOf(asked))
  if (!near) return null
  const words = wantsWords(asked) ? deps.store.lexicalAtOnce(asked.text.terms, DEPTH, asked.within).matches : []
  const candidates = mergeLists({ near, words })
  const others = foundByWords(candidates)
  const similarities = deps.index.similaritiesAtOnce(near.vector, keysOf(others))
  if (!similarities) return null
  addSimilarities(others, similarities)
  return lookCloser(deps, asked, { near, words, candidates })
}
