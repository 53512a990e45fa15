import type { LexicalMatch, Selection } from '../domain/ports.ts'
import { TopK } from '../domain/top-k.ts'
import type { PostingRange, Postings } from './postings.ts'
import { type Addends, BLOCK, ScoreMemory } from './score-memory.ts'

/** FTS5's own constants, and the least weight of a word that more than half of the papers hold. */
const [K1, B, LEAST_IDF] = [1.2, 0.75, 1e-6]

/** For papers to come, so that the blocks are not made anew for each. */
const ROOM = 1.25

/** Postings of words asked for lately whose values are kept, 12 bytes each; they are forgotten all at once. */
const MAX_KEPT = 4 * 1024 * 1024

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
  readonly #memory = new ScoreMemory()
  /** By row: k1 · (1 − b + b · length / mean length). */
  #norms = new Float64Array(0)
  #totals: TextTotals = { papers: 0, words: 0 }
  /** By word, since the last change: a division a posting costs more than adding it up. */
  readonly #addends = new Map<string, readonly Addends[]>()
  #kept = 0

  constructor(postings: Postings) {
    this.#postings = postings
  }

  /** After each change of the postings. */
  follow(totals: TextTotals): void {
    const { rows, lengths } = this.#postings
    const mean = totals.words / totals.papers
    this.#totals = totals
    if (this.#norms.length < rows) {
      this.#norms = new Float64Array(Math.ceil(rows * ROOM))
      this.#memory.reset(this.#norms.length)
    }
    this.#forget()
    for (let row = 0; row < rows; row += 1) {
      this.#norms[row] = K1 * (1 - B + (B * (lengths[row] as number)) / mean)
    }
  }

  /** The best papers that hold any of the words. A word that is given twice counts twice. */
  best(words: readonly string[], limit: number, within?: Selection): Best {
    const memory = this.#memory
    memory.clear()
    for (const word of words) for (const addends of this.#addendsOf(word)) memory.add(addends)
    if (within || this.#postings.changes > 0) this.#dropOthers(within)
    const total = memory.survey()
    // So many blocks have a score of at least that, so it takes no less to be among the best.
    const least = limit > 0 ? (memory.highest.slice().sort().at(-limit) ?? 0) : Number.POSITIVE_INFINITY
    const top = new TopK(limit, byBm25)
    for (let at = 0; at < memory.highest.length; at += 1) {
      const highest = memory.highest[at] as number
      if (highest > 0 && highest >= least) this.#offer(top, at, least)
    }
    return { matches: top.sorted(), total }
  }

  /** Papers that may not be found lose their scores, and rows of nobody. */
  #dropOthers(within: Selection | undefined): void {
    const { keys, rows } = this.#postings
    const { scores } = this.#memory
    for (let row = 0; row < rows; row += 1) {
      const key = keys[row] as number
      if (scores[row] !== 0 && (key < 0 || within?.has(key) === false)) scores[row] = 0
    }
  }

  #offer(top: TopK<LexicalMatch>, block: number, least: number): void {
    const { scores } = this.#memory
    for (let row = block * BLOCK; row < (block + 1) * BLOCK; row += 1) {
      const bm25 = scores[row] as number
      // Nothing weighs nothing: who holds a word has a score.
      if (bm25 > 0 && bm25 >= least) top.offer({ key: this.#postings.keys[row] as number, bm25 })
    }
  }

  #addendsOf(word: string): readonly Addends[] {
    const known = this.#addends.get(word)
    if (known) return known
    const ranges = this.#postings.rangesOf(word)
    const count = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
    if (this.#kept + count > MAX_KEPT) this.#forget()
    this.#kept += count
    const frequency = this.#postings.frequencyOf(word)
    const addends = ranges.map((range) => this.#compute(range, frequency))
    this.#addends.set(word, addends)
    return addends
  }

  #forget(): void {
    this.#memory.forget()
    this.#addends.clear()
    this.#kept = 0
  }

  #compute({ rows, weights, start, end }: PostingRange, frequency: number): Addends {
    const idf = Math.log((this.#totals.papers - frequency + 0.5) / (frequency + 0.5))
    const weighed = idf <= 0 ? LEAST_IDF : idf
    const addends = this.#memory.list(end - start)
    addends.rows.set(rows.subarray(start, end))
    for (let at = 0; at < addends.rows.length; at += 1) {
      const weight = weights[start + at] as number
      const norm = this.#norms[addends.rows[at] as number] as number
      addends.values[at] = weighed * ((weight * (K1 + 1)) / (weight + norm))
    }
    return addends
  }
}
