import type { LexicalMatch, SentenceSimilarities } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import { candidateDepth } from './after-ranking.ts'
import type { Deps } from './deps.ts'
import { type EvidenceLists, keywordShare, type Question } from './fused-value.ts'
import { type Asked, denseQueryAtOnce, type NearestPapers, retrieveDense, retrieveDenseAtOnce } from './retrieve.ts'
import { nearestSimilarity, titleSimilarity } from './sentence-similarity.ts'

/**
 * How deep each side is read: a paper that is on neither list is not worth a closer look. A match whose words are not
 * read loses what they say of it, so they are read deeper (docs/decisions/0051-half-as-many-near-candidates.md).
 */
const [NEAREST, MATCHES] = [32, 100]
/** Finds that many nearest in one go; a narrower search would have to be repeated wider. */
const DENSE_EF = 64

/** What the lists of both sides tell. */
interface Listed extends Pick<EvidenceLists, 'dense' | 'bm25'> {
  readonly keys: readonly number[]
  /** So many of the first are the nearest papers, nearest first; the others only words found. */
  readonly near: number
  /** From 1; 0 where the words did not list it. */
  readonly lexicalRank: readonly number[]
}

/** Papers that may answer the question, with all that is known of them: a place each in every list. */
export type Candidates = Listed & EvidenceLists

export interface Gathered {
  readonly candidates: Candidates
  /** Neighbours behind the candidates, nearest first: they fill later pages. */
  readonly rest: readonly { readonly key: number; readonly similarity: number; readonly rank: number }[]
  readonly question: Question
  /** The question's vector. */
  readonly vector: Float32Array
  readonly plan: Plan
}

/** What both sides list. */
interface Lists {
  readonly near: NearestPapers
  readonly words: readonly LexicalMatch[]
  /** The similarities of the words' matches, in their order; NaN where no vector is stored. */
  readonly ofWords: Float32Array
  /** What their sentences tell. */
  readonly matches: SentenceSimilarities
}

/** What sentences tell of the words' matches, and of the papers that only vectors found. */
interface Compared {
  readonly matches: SentenceSimilarities
  readonly others: SentenceSimilarities
}

/** Every paper that one of the sides lists, the nearest first, behind them those that only words found. */
function mergeLists({ near: { neighbours }, words, ofWords }: Lists): Listed {
  const near = Math.min(neighbours.length, NEAREST)
  const [keys, dense, bm25, lexicalRank]: [number[], number[], number[], number[]] = [[], [], [], []]
  const places = new Map<number, number>()
  for (let at = 0; at < near; at += 1) {
    const { key, similarity } = neighbours[at] as Neighbour
    keys.push(key)
    dense.push(similarity)
    bm25.push(0)
    lexicalRank.push(0)
    places.set(key, at)
  }
  for (let rank = 1; rank <= words.length; rank += 1) {
    const match = words[rank - 1] as LexicalMatch
    let at = places.get(match.key)
    if (at === undefined) {
      at = keys.push(match.key) - 1
      // What no vector is stored of is near to nothing.
      dense.push(ofWords[rank - 1] || 0)
    }
    bm25[at] = match.bm25
    lexicalRank[at] = rank
  }
  return { keys, near, dense, bm25, lexicalRank }
}

const keysOf = (words: readonly LexicalMatch[]): number[] => words.map(({ key }) => key)

/** A title that weighs nothing is not read. */
const readsTitles = ({ request: { without }, text }: Asked): boolean =>
  !without?.includes('titles') && keywordShare(text.terms.length) > 0

const compareWith = (deps: Deps, asked: Asked, vector: Float32Array) => (keys: readonly number[]) =>
  deps.store.compareSentences(vector, keys, readsTitles(asked))

/** Of each paper that is listed the similarity of its nearest sentence, and of its title; where they are not embedded, its own. */
function closerLook({ request: { without } }: Asked, listed: Listed, { matches, others }: Compared) {
  const { dense, lexicalRank } = listed
  const sentence: number[] = []
  // Where they weigh nothing they were not compared with.
  const title: number[] | null = matches.titles ? [] : null
  let next = 0
  for (let at = 0; at < dense.length; at += 1) {
    const rank = lexicalRank[at] as number
    const own = dense[at] as number
    const near = rank > 0 ? matches : others
    const place = rank > 0 ? rank - 1 : next++
    sentence.push(nearestSimilarity(near, place) ?? own)
    title?.push(titleSimilarity(near, place) ?? own)
  }
  return { sentence: without?.includes('sentences') ? dense : sentence, title: title ?? dense }
}

function restOf({ neighbours }: NearestPapers, { keys }: Candidates): Gathered['rest'] {
  if (neighbours.length <= NEAREST) return []
  const known = new Set(keys)
  const behind = neighbours.slice(NEAREST).map((each, at) => ({ ...each, rank: NEAREST + at + 1 }))
  return behind.filter(({ key }) => !known.has(key))
}

/** Those that words did not find. */
const foundOnlyNear = ({ keys, near, lexicalRank }: Listed): number[] =>
  keys.slice(0, near).filter((_, at) => lexicalRank[at] === 0)

const depthOf = ({ request }: Asked) => ({ limit: Math.max(NEAREST, candidateDepth(request)), leastEf: DENSE_EF })

const wantsWords = ({ request: { without } }: Asked): boolean => !without?.includes('lexical')

/** A closer look at every paper that one of the sides lists. */
function lookCloser(deps: Deps, asked: Asked, lists: Lists): Gathered {
  const { near, words, matches } = lists
  const { vector, plan } = near
  const listed = mergeLists(lists)
  const others = compareWith(deps, asked, vector)(foundOnlyNear(listed))
  const candidates = { ...listed, ...closerLook(asked, listed, { matches, others }) }
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
  const readMeanwhile = async () => (wantsWords(asked) ? deps.store.lexical(terms, MATCHES, within).matches : [])
  const [near, words] = await Promise.all([retrieveDense(deps, asked, depthOf(asked)), readMeanwhile()])
  const keys = keysOf(words)
  const ofWords = await deps.index.similarities(near.vector, keys)
  const matches = compareWith(deps, asked, near.vector)(keys)
  return lookCloser(deps, asked, { near, words, ofWords, matches })
}

/** The same without a turn of the event loop in between; null where there is more to do than to look things up. */
export function gatherAtOnce(deps: Deps, asked: Asked): Gathered | null {
  const query = denseQueryAtOnce(deps, asked, depthOf(asked))
  if (!query) return null
  // While words are searched and their matches compared with, the graph is searched.
  deps.index.searchAhead(query)
  deps.store.expectSentences()
  const words = wantsWords(asked) ? deps.store.lexicalAtOnce(asked.text.terms, MATCHES, asked.within).matches : []
  const keys = keysOf(words)
  const ofWords = deps.index.similaritiesAtOnce(query.vector, keys)
  if (!ofWords) return null
  const matches = compareWith(deps, asked, query.vector)(keys)
  const near = retrieveDenseAtOnce(deps, query)
  return near && lookCloser(deps, asked, { near, words, ofWords, matches })
}
