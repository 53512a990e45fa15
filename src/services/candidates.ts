import type { LexicalMatch, SentenceSimilarities } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import { candidateDepth } from './after-ranking.ts'
import type { Deps } from './deps.ts'
import { type Evidence, keywordShare, type Question } from './fused-value.ts'
import { type Asked, type NearestPapers, retrieveDense, retrieveDenseAtOnce } from './retrieve.ts'
import { nearestSentence, titleSimilarity } from './sentence-similarity.ts'

/**
 * How deep each side is read: a paper that is on neither list is not worth a closer look. A match whose words are not
 * read loses what they say of it, so they are read deeper (docs/decisions/0040-lean-hybrid-search.md).
 */
const [NEAREST, MATCHES] = [64, 100]
/** Finds that many nearest in one go; a narrower search would have to be repeated wider. */
const DENSE_EF = 80

/** Papers that may answer the question, with all that is known of them: a place each in every list. */
export interface Candidates {
  readonly keys: readonly number[]
  /** So many of the first are the nearest papers, nearest first; the others only words found. */
  readonly near: number
  readonly dense: Float64Array
  readonly bm25: Float64Array
  /** Those of the paper itself where its sentences, its title, are not embedded (yet) or weigh nothing. */
  readonly sentence: Float64Array
  readonly title: Float64Array
  /** From 1; 0 where the words did not list it. */
  readonly lexicalRank: Uint32Array
}

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
}

export const evidenceAt = ({ dense, bm25, sentence, title }: Candidates, at: number): Evidence => ({
  dense: dense[at] as number,
  bm25: bm25[at] as number,
  sentence: sentence[at] as number,
  title: title[at] as number,
})

/** Every paper that one of the sides lists, the nearest first, behind them those that only the words found. */
function mergeLists({ near: { neighbours }, words }: Lists): Candidates {
  const near = Math.min(neighbours.length, NEAREST)
  const most = near + words.length
  const [dense, bm25, lexicalRank] = [new Float64Array(most), new Float64Array(most), new Uint32Array(most)]
  const keys: number[] = []
  const places = new Map<number, number>()
  for (let at = 0; at < near; at += 1) {
    const { key, similarity } = neighbours[at] as Neighbour
    keys.push(key)
    dense[at] = similarity
    places.set(key, at)
  }
  for (let rank = 1; rank <= words.length; rank += 1) {
    const match = words[rank - 1] as LexicalMatch
    const at = places.get(match.key) ?? keys.push(match.key) - 1
    bm25[at] = match.bm25
    lexicalRank[at] = rank
  }
  return { keys, near, dense, bm25, lexicalRank, sentence: new Float64Array(most), title: new Float64Array(most) }
}

/** Those that only the words found: they do not know their similarity yet. */
const foundByWords = ({ keys, near }: Candidates): number[] => keys.slice(near)

/** What no vector is stored of is near to nothing. */
function addSimilarities({ near, dense }: Candidates, similarities: Float32Array): void {
  for (let at = 0; at < similarities.length; at += 1) dense[near + at] = similarities[at] || 0
}

interface Weighed {
  readonly sentences: boolean
  readonly titles: boolean
}

/** Which similarities count for a question. */
const weighedBy = ({ request: { without }, text: { terms } }: Asked): Weighed => ({
  sentences: !without?.includes('sentences'),
  titles: !without?.includes('titles') && keywordShare(terms.length) > 0,
})

function addSentences(near: SentenceSimilarities, { sentences, titles }: Weighed, candidates: Candidates): void {
  const { keys, dense, sentence, title } = candidates
  for (let at = 0; at < keys.length; at += 1) {
    const own = dense[at] as number
    sentence[at] = sentences ? (nearestSentence(near, at).similarity ?? own) : own
    title[at] = titles ? (titleSimilarity(near, at) ?? own) : own
  }
}

function restOf({ neighbours }: NearestPapers, { keys }: Candidates): Gathered['rest'] {
  if (neighbours.length <= NEAREST) return []
  const known = new Set(keys)
  const behind = neighbours.slice(NEAREST).map((each, at) => ({ ...each, rank: NEAREST + at + 1 }))
  return behind.filter(({ key }) => !known.has(key))
}

const depthOf = ({ request }: Asked) => ({ limit: Math.max(NEAREST, candidateDepth(request)), leastEf: DENSE_EF })

const wantsWords = ({ request: { without } }: Asked): boolean => !without?.includes('lexical')

/** A closer look at candidates whose similarities are known. */
function lookCloser(
  deps: Deps,
  asked: Asked,
  { near, words, candidates }: Lists & { candidates: Candidates },
): Gathered {
  const { vector, plan } = near
  const weighed = weighedBy(asked)
  addSentences(deps.store.compareSentences(vector, candidates.keys, weighed.titles), weighed, candidates)
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
  const candidates = mergeLists({ near, words })
  addSimilarities(candidates, await deps.index.similarities(near.vector, foundByWords(candidates)))
  return lookCloser(deps, asked, { near, words, candidates })
}

/** The same without a turn of the event loop in between; null where there is more to do than to look things up. */
export function gatherAtOnce(deps: Deps, asked: Asked): Gathered | null {
  const near = retrieveDenseAtOnce(deps, asked, depthOf(asked))
  if (!near) return null
  const words = wantsWords(asked) ? deps.store.lexicalAtOnce(asked.text.terms, MATCHES, asked.within).matches : []
  const candidates = mergeLists({ near, words })
  const similarities = deps.index.similaritiesAtOnce(near.vector, foundByWords(candidates))
  if (!similarities) return null
  addSimilarities(candidates, similarities)
  return lookCloser(deps, asked, { near, words, candidates })
}
