import type { LexicalMatch, Selection } from '../domain/ports.ts'
import { TopK } from '../domain/top-k.ts'
import type { Postings } from './postings.ts'

/** FTS5's own constants, and the least weight of a word that more than half of the papers hold. */
const [K1, B, LEAST_IDF] = [1.2, 0.75, 1e-6]

/** For papers to come, so that the blocks are not made anew for each. */
const ROOM = 1.25

/** What FTS5 takes for the number of papers and of their words; it counts what was removed, too. */
export interface TextTotals {
  readonly papers: number
  readonly words: number
}

export interface Best {
  readonly matches: LexicalMatch[]
  readonly total: number
}

/** Best first; ties by key. */
const byBm25 = (one: LexicalMatch, other: LexicalMatch): number => other.bm25 - one.bm25 || one.key - other.key

/**
 * Okapi BM25 as FTS5 computes it (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
 * 2009), a word at a time, each operation in FTS5's order: the same papers get the same values, and ties stay ties.
 */
export class Bm25 {
  readonly #postings: Postings
  #scores = new Float64Array(0)
  /** By row: k1 · (1 − b + b · length / mean length). */
  #norms = new Float64Array(0)
  #totals: TextTotals = { papers: 0, words: 0 }

  constructor(postings: Postings) {
    this.#postings = postings
  }

  /** After each change of the postings. */
  follow(totals: TextTotals): void {
    const { rows, lengths } = this.#postings
    const mean = totals.words / totals.papers
    this.#totals = totals
    if (this.#scores.length < rows) {
      this.#scores = new Float64Array(Math.ceil(rows * ROOM))
      this.#norms = new Float64Array(Math.ceil(rows * ROOM))
    }
    for (let row = 0; row < rows; row += 1) {
      this.#norms[row] = K1 * (1 - B + (B * (lengths[row] as number)) / mean)
    }
  }

  /** The best papers that hold any of the words. A word that is given twice counts twice. */
  best(words: readonly string[], limit: number, within?: Selection): Best {
    this.#scores.fill(0)
    for (const word of words) this.#add(word)
    const { keys, rows } = this.#postings
    const top = new TopK(limit, byBm25)
    let [total, least] = [0, Number.NEGATIVE_INFINITY]
    for (let row = 0; row < rows; row += 1) {
      const bm25 = this.#scores[row] as number
      const key = keys[row] as number
      // Nothing weighs nothing: who holds a word has a score.
      if (bm25 === 0 || key < 0 || within?.has(key) === false) continue
      total += 1
      if (bm25 < least) continue
      top.offer({ key, bm25 })
      least = top.toBeat?.bm25 ?? least
    }
    return { matches: top.sorted(), total }
  }

  #add(word: string): void {
    const frequency = this.#postings.frequencyOf(word)
    const idf = Math.log((this.#totals.papers - frequency + 0.5) / (frequency + 0.5))
    const weighed = idf <= 0 ? LEAST_IDF : idf
    const [scores, norms] = [this.#scores, this.#norms]
    for (const { rows, weights, start, end } of this.#postings.rangesOf(word)) {
      for (let at = start; at < end; at += 1) {
        const row = rows[at] as number
        const weight = weights[at] as number
        scores[row] = (scores[row] as number) + weighed * ((weight * (K1 + 1)) / (weight + (norms[row] as number)))
      }
    }
  }
}
