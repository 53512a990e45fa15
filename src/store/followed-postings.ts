import type { Selection } from '../domain/ports.ts'
import { type Best, Bm25 } from './bm25.ts'
import type { PostingBlocks } from './build-postings.ts'
import { Postings } from './postings.ts'
import type { WordSplitter } from './split-words.ts'
import type { TextChanges } from './text-changes.ts'

/** Splitting a paper into words takes about 0.2 ms; so many of them are split in one turn of the event loop. */
const PAPERS_A_TURN = 16
/** A build that lacks more than this share of its papers, and more than this number, is better made anew. */
const [MAX_CHANGED, MIN_CHANGED] = [0.1, 1_000]

interface Parts {
  readonly changes: TextChanges
  readonly splitter: WordSplitter
}

/** Postings that follow the database from the generation that they were built of. */
export class FollowedPostings {
  readonly #changes: TextChanges
  readonly #splitter: WordSplitter
  readonly #postings: Postings
  readonly #bm25: Bm25
  /** What changed up to this generation is in the postings or pending. */
  #generation: number
  readonly #pending = new Set<number>()
  #isSettled = false

  constructor(blocks: PostingBlocks, { changes, splitter }: Parts) {
    this.#changes = changes
    this.#splitter = splitter
    this.#postings = new Postings(blocks)
    this.#bm25 = new Bm25(this.#postings)
    this.#generation = blocks.generation
  }

  /** Whether they are of this generation, and whole. */
  isOf(generation: number): boolean {
    return this.#isSettled && this.#generation === generation
  }

  get isBehind(): boolean {
    return !this.#isSettled
  }

  /** Whether so much was written since the build that another one is worth its time. */
  get isWorn(): boolean {
    return this.#postings.changes > this.#most
  }

  get #most(): number {
    return Math.max(MIN_CHANGED, MAX_CHANGED * this.#postings.rows)
  }

  /** Inside a transaction: takes over what was written since, a turn's worth of it. False where that cannot be done. */
  follow(): boolean {
    const { generation, keys } = this.#changes.after(this.#generation)
    if (!keys) return false
    for (const key of keys) this.#pending.add(key)
    this.#generation = generation
    if (this.#pending.size > this.#most || !this.#take()) return false
    this.#isSettled = this.#pending.size === 0
    if (this.#isSettled) this.#bm25.follow(this.#changes.totals())
    return true
  }

  /** False where the text index holds other words of a paper than its document. */
  #take(): boolean {
    const keys = [...this.#pending].slice(0, PAPERS_A_TURN)
    for (const key of keys) {
      this.#postings.remove(key)
      this.#pending.delete(key)
    }
    if (keys.length === 0) return true
    const papers = this.#splitter.papers(this.#changes.texts(keys))
    for (const paper of papers) this.#postings.replace(paper)
    return papers.every(({ key, length }) => length === this.#changes.lengthOf(key))
  }

  /** The best papers that hold any of the terms. Null where a term is a phrase, of which nothing is known here. */
  best(terms: readonly string[], limit: number, within?: Selection): Best | null {
    const words = this.#splitter.terms(terms)
    return words && this.#bm25.best(words, limit, within)
  }

  /** How many papers hold each of the terms; null likewise, term by term. */
  frequenciesOf(terms: readonly string[]): (number | null)[] {
    // At once: a term by itself takes ten times as long to split.
    this.#splitter.terms(terms)
    return terms.map((term) => this.frequencyOf(term))
  }

  /** How many papers hold a term; null likewise. */
  frequencyOf(term: string): number | null {
    const words = this.#splitter.terms([term])
    if (!words) return null
    const [word] = words
    return word === undefined ? 0 : this.#postings.frequencyOf(word)
  }
}
