import type { LexicalMatch, Selection } from '../domain/ports.ts'
import type { PostingRange, Postings } from './postings.ts'
import { type KeptList, MOST_LISTED, ScoreMemory } from './score-memory.ts'
import { ValueNumbers } from './value-numbers.ts'

/** FTS5's own constants, and the least weight of a word that more than half of the papers hold. */
const [K1, B, LEAST_IDF] = [1.2, 0.75, 1e-6]

/** For papers to come, so that the norms are not made anew for each. */
const ROOM = 1.25

/** Memory for what the words asked for lately add, in bytes; they are forgotten all at once. */
const MAX_KEPT = 48 * 1024 * 1024
/** At most, beside what a list has anyway. */
const BYTES_A_POSTING = 12

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
  readonly #addends = new Map<string, readonly KeptList[]>()
  readonly #numbers = new ValueNumbers()

  constructor(postings: Postings) {
    this.#postings = postings
  }

  /** After each change of the postings. */
  follow(totals: TextTotals): void {
    const { rows, lengths } = this.#postings
    const mean = totals.words / totals.papers
    this.#totals = totals
    if (this.#norms.length < rows) this.#norms = new Float64Array(Math.ceil(rows * ROOM))
    this.#memory.reset(rows)
    this.#addends.clear()
    for (let row = 0; row < rows; row += 1) {
      this.#norms[row] = K1 * (1 - B + (B * (lengths[row] as number)) / mean)
    }
  }

  /** The best papers that hold any of the words. A word that is given twice counts twice. */
  best(words: readonly string[], limit: number, within?: Selection): Best {
    const memory = this.#memory
    this.#makeRoom(words)
    memory.sum(this.#listsOf(words))
    if (within || this.#postings.changes > 0) this.#dropOthers(within)
    const { rows, scores, count, total } = memory.best(limit)
    const { keys } = this.#postings
    const matches: LexicalMatch[] = []
    let [isOrdered, last] = [true, Number.POSITIVE_INFINITY]
    for (let at = 0; at < count; at += 1) {
      const bm25 = scores[at] as number
      // Native code orders them by now, but for papers of one score.
      isOrdered &&= bm25 < last
      last = bm25
      matches.push({ key: keys[rows[at] as number] as number, bm25 })
    }
    if (!isOrdered) matches.sort(byBm25)
    if (matches.length > limit) matches.length = limit
    return { matches, total }
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

  /** Nothing is forgotten between two words of a question. */
  #makeRoom(words: readonly string[]): void {
    const missing = words.filter((word) => !this.#addends.has(word))
    if (missing.length === 0) return
    const ranges = missing.flatMap((word) => this.#postings.rangesOf(word))
    const count = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
    if (this.#memory.kept + count * BYTES_A_POSTING > MAX_KEPT) this.#forget()
  }

  #listsOf(words: readonly string[]): KeptList[] {
    const lists: KeptList[] = []
    for (const word of words) for (const list of this.#addendsOf(word)) lists.push(list)
    return lists
  }

  #addendsOf(word: string): readonly KeptList[] {
    const known = this.#addends.get(word)
    if (known) return known
    const frequency = this.#postings.frequencyOf(word)
    const lists = this.#postings.rangesOf(word).flatMap((range) => this.#compute(range, frequency))
    this.#addends.set(word, lists)
    return lists
  }

  #forget(): void {
    this.#memory.forget()
    this.#addends.clear()
  }

  #compute({ rows, weights, start, end }: PostingRange, frequency: number): KeptList[] {
    const idf = Math.log((this.#totals.papers - frequency + 0.5) / (frequency + 0.5))
    const weighed = idf <= 0 ? LEAST_IDF : idf
    const addend = (weight: number, row: number) =>
      weighed * ((weight * (K1 + 1)) / (weight + (this.#norms[row] as number)))
    const lists: KeptList[] = []
    for (let from = start; from < end; from += MOST_LISTED) {
      const to = Math.min(end, from + MOST_LISTED)
      const part = { rows: rows.subarray(from, to), weights: weights.subarray(from, to) }
      const numbered = this.#numbers.of(part, this.#postings.lengths, addend)
      lists.push(this.#memory.keep({ rows: part.rows, ...numbered }))
    }
    return lists
  }
}
