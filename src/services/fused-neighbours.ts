import type { LexicalMatch } from '../domain/ports.ts'
import type { Explanation } from '../domain/query.ts'
import type { Neighbour, VectorAnswer, VectorQuery } from '../domain/vector-index.ts'
import { clampScore, type Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import { countWords, wordsOf } from './known-words.ts'
import { profileOf, type WordProfile } from './word-profile.ts'

/**
 * How much shared words weigh beside the cosine, 0..1. Chosen by a grid over the judged topics; that words help at
 * all was cross-validated over them. docs/decisions/0021-shared-words.md tells the figures.
 */
const WORDS = 0.7
/** How deep each side is read where only one list is made. */
const DEPTH = 100
/** How many of the most telling words other papers are looked up by. */
const LEADING = 25

export interface Likeness {
  readonly query: VectorQuery
  /** What the query's vector stands for: one text or several. */
  readonly texts: readonly string[]
  /** How deep vectors and words are each read for a closer look; the same for every page. */
  readonly depth?: number
}

type Explained = Ranked & { readonly explain: Explanation }

export interface FusedNeighbours {
  /** Best first. */
  readonly ranked: readonly Explained[]
  readonly answer: VectorAnswer
}

const rankOf = (items: readonly { readonly key: number }[]): Map<number, number> =>
  new Map(items.map(({ key }, at) => [key, at + 1]))

/** Papers that hold the words that say most about the texts. */
function byWords(
  deps: Deps,
  { exclude = [], within }: VectorQuery,
  { words, depth }: { readonly words: readonly string[]; readonly depth: number },
): LexicalMatch[] {
  if (words.length === 0) return []
  const unwanted = new Set(exclude)
  const { matches } = deps.store.lexical(words, depth + unwanted.size, within)
  return matches.filter(({ key }) => !unwanted.has(key)).slice(0, depth)
}

/** Those of the papers that are there, with their cosine to the vector and their words. */
async function compare(deps: Deps, vector: Float32Array, keys: readonly number[]) {
  const [similarities, words] = await Promise.all([deps.index.similarities(vector, keys), wordsOf(deps, keys)])
  return keys.flatMap((key, at) => {
    const [similarity, text] = [similarities[at] ?? Number.NaN, words.get(key)]
    return Number.isNaN(similarity) || !text ? [] : [{ key, text, similarity }]
  })
}

interface Lists {
  readonly near: readonly Neighbour[]
  readonly words: readonly LexicalMatch[]
  readonly profile: WordProfile
}

/** Every paper of either list by the fused value, best first. */
async function fuse(deps: Deps, vector: Float32Array, { near, words, profile }: Lists): Promise<Explained[]> {
  const [denseRanks, wordRanks] = [rankOf(near), rankOf(words)]
  const papers = await compare(deps, vector, [...new Set([...denseRanks.keys(), ...wordRanks.keys()])])
  return papers
    .map(({ key, text, similarity }) => {
      const [denseRank, wordRank] = [denseRanks.get(key), wordRanks.get(key)]
      const value = (1 - WORDS) * similarity + WORDS * profile.likeness(text)
      const dense = denseRank === undefined ? null : { rank: denseRank, similarity }
      const bm25 = words[(wordRank ?? 0) - 1]?.bm25 ?? 0
      const lexical = wordRank === undefined ? null : { rank: wordRank, bm25, terms: [] }
      return { value, hit: { key, score: clampScore(value), explain: { dense, lexical, fusion: value, boosts: [] } } }
    })
    .sort((one, other) => other.value - one.value || one.hit.key - other.hit.key)
    .map(({ hit }) => hit)
}

/**
 * Papers like texts by their vector and by the words they share: (1 − w) · cosine + w · likeness of the words, w = 0.7.
 * The first neighbours and the papers with the most telling words are looked at closely; behind them come the other
 * neighbours in their own order, with no score above the last one's. The score is that value, below 0 it counts as 0.
 */
export async function fusedNeighbours(deps: Deps, { query, texts, depth = DEPTH }: Likeness): Promise<FusedNeighbours> {
  const [answer, profile] = await Promise.all([
    deps.index.search({ ...query, limit: Math.max(depth, query.limit) }),
    profileOf(deps, texts.map(countWords)),
  ])
  const words = byWords(deps, query, { words: profile.leading(LEADING), depth })
  const head = await fuse(deps, query.vector, { near: answer.neighbours.slice(0, depth), words, profile })
  const [known, least] = [new Set(head.map(({ key }) => key)), head.at(-1)?.score ?? 0]
  const tail = answer.neighbours.slice(depth).map(({ key, similarity }, at) => ({
    key,
    score: Math.min(least, clampScore((1 - WORDS) * similarity)),
    explain: { dense: { rank: depth + at + 1, similarity }, lexical: null, fusion: null, boosts: [] },
  }))
  return { ranked: [...head, ...tail.filter(({ key }) => !known.has(key))], answer }
}
