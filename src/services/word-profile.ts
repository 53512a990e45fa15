import type { Deps } from './deps.ts'
import { papersWith, type WordCounts } from './known-words.ts'

/** In a group of more texts than this, a word that only one of them holds says nothing about the group. */
const FEW_TEXTS = 5
/** Saturation and length normalisation of BM25, its usual values. */
const [K1, B] = [1.2, 0.75]

/** What the words of a group of texts say about it. */
export interface WordProfile {
  /** The words that say most, most telling first. */
  readonly leading: (count: number) => string[]
  /** How much of what the texts themselves have of these words another text has, 0..1. */
  readonly likeness: (text: WordCounts) => number
}

/** The inverse document frequency of BM25 (Robertson and Zaragoza 2009, with the 1 that keeps it positive). */
const idfOf = (papers: number, all: number): number =>
  Math.log(1 + (Math.max(all, papers) - papers + 0.5) / (papers + 0.5))

async function rarities(deps: Deps, words: Iterable<string>): Promise<Map<string, number>> {
  const all = deps.index.status().vectors
  const held = [...(await papersWith(deps, words))].filter(([, papers]) => papers > 0)
  return new Map(held.map(([word, papers]) => [word, idfOf(papers, all)]))
}

/** Of each word in how many of the texts it stands. */
function holders(texts: readonly WordCounts[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const text of texts) for (const word of text.keys()) found.set(word, (found.get(word) ?? 0) + 1)
  if (texts.length <= FEW_TEXTS) return found
  return new Map([...found].filter(([, count]) => count > 1))
}

/** The tf·idf vector of a text, of length 1 where any of its words is known. */
function vectorOf(text: WordCounts, idf: ReadonlyMap<string, number>): Map<string, number> {
  const values = new Map([...text].map(([word, count]) => [word, (1 + Math.log(count)) * (idf.get(word) ?? 0)]))
  const length = Math.hypot(...values.values())
  for (const [word, value] of values) values.set(word, length > 0 ? value / length : 0)
  return values
}

/** The cosine of each text's tf·idf vector to each other's. */
export async function wordCosines(deps: Deps, texts: readonly WordCounts[]): Promise<Float64Array[]> {
  const idf = await rarities(deps, new Set(texts.flatMap((text) => [...text.keys()])))
  const vectors = texts.map((text) => vectorOf(text, idf))
  return vectors.map((one) =>
    Float64Array.from(vectors, (other) => {
      let sum = 0
      for (const [word, value] of one) sum += value * (other.get(word) ?? 0)
      return sum
    }),
  )
}

/** The mean of the texts' tf·idf vectors of length 1, each word times the share of the texts that hold it. */
function weigh(texts: readonly WordCounts[], idf: ReadonlyMap<string, number>, held: ReadonlyMap<string, number>) {
  const weights = new Map<string, number>()
  for (const text of texts) {
    for (const [word, value] of vectorOf(text, idf)) {
      const share = (held.get(word) ?? 0) / texts.length
      if (value > 0) weights.set(word, (weights.get(word) ?? 0) + (share * value) / texts.length)
    }
  }
  return weights
}

const sizeOf = (text: WordCounts): number => [...text.values()].reduce((sum, count) => sum + count, 0)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * What characterises a group of texts against the library: the Rocchio centroid of their tf·idf vectors, with words that
 * several of them share weighing more. Other texts are compared by a BM25 that weighs its terms by it.
 */
export async function profileOf(deps: Deps, texts: readonly WordCounts[]): Promise<WordProfile> {
  const held = holders(texts)
  const idf = await rarities(deps, held.keys())
  const weights = weigh(texts, idf, held)
  const usual = mean(texts.map(sizeOf))
  const score = (text: WordCounts): number => {
    const norm = K1 * (1 - B + (B * sizeOf(text)) / Math.max(usual, 1))
    let sum = 0
    for (const [word, count] of text) {
      const weight = weights.get(word)
      if (weight !== undefined) sum += (weight * (idf.get(word) ?? 0) * count * (K1 + 1)) / (count + norm)
    }
    return sum
  }
  const own = mean(texts.map(score))
  return {
    leading: (count) =>
      [...weights]
        .sort(([one, weight], [other, than]) => than - weight || (one < other ? -1 : 1))
        .slice(0, count)
        .map(([word]) => word),
    likeness: (text) => (own > 0 ? Math.min(1, score(text) / own) : 0),
  }
}
