import type { PostingBlocks } from './build-postings.ts'
import { PostingList } from './posting-list.ts'

/** Postings of one word that stand side by side in a block, from `start` to before `end`. */
export interface PostingRange {
  readonly rows: Uint32Array
  readonly weights: Float32Array
  readonly start: number
  readonly end: number
}

/** The words of one paper as they are indexed, with their weights, and how many it has in all. */
export interface PaperWords {
  readonly key: number
  readonly words: ReadonlyMap<string, number>
  readonly length: number
}

const NOBODY = -1

/** The place of `key` in ascending numbers; -1 where it is not there. */
function placeOf(keys: Float64Array, key: number): number {
  let [low, high] = [0, keys.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = keys[middle] ?? 0
    if (found === key) return middle
    if (found < key) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/**
 * Which papers hold which word, in memory: the blocks of a build, and beside them what was written since. A paper that
 * is written again gets a new row, and its former row is nobody's from then on.
 */
export class Postings {
  readonly #blocks: PostingBlocks
  /** By row; -1 where the row is nobody's any more. */
  readonly keys: number[]
  /** By row: how many words the paper has. */
  readonly lengths: number[]
  readonly #newRows = new Map<number, number>()
  readonly #newLists = new Map<string, PostingList>()
  #changes = 0

  constructor(blocks: PostingBlocks) {
    this.#blocks = blocks
    this.keys = Array.from(blocks.keys)
    this.lengths = Array.from(blocks.lengths)
  }

  /** Rows of papers and of nobody. */
  get rows(): number {
    return this.keys.length
  }

  /** How many papers were written or removed since the build. */
  get changes(): number {
    return this.#changes
  }

  remove(key: number): void {
    const row = this.#newRows.get(key) ?? placeOf(this.#blocks.keys, key)
    if (row < 0) return
    this.keys[row] = NOBODY
    this.#newRows.delete(key)
    this.#changes += 1
  }

  replace({ key, words, length }: PaperWords): void {
    this.remove(key)
    const row = this.keys.push(key) - 1
    this.lengths.push(length)
    this.#newRows.set(key, row)
    for (const [word, weight] of words) this.#listOf(word).push(row, weight)
    this.#changes += 1
  }

  /** Where the postings of a word stand, those of nobody's rows among them. */
  rangesOf(word: string): PostingRange[] {
    const { rows, weights, ends } = this.#blocks
    const ranges: PostingRange[] = []
    const at = this.#find(word)
    if (at >= 0) ranges.push({ rows, weights, start: ends[at - 1] ?? 0, end: ends[at] ?? 0 })
    const list = this.#newLists.get(word)
    if (list) ranges.push({ rows: list.rows, weights: list.weights, start: 0, end: list.length })
    return ranges
  }

  /** How many papers hold a word. */
  frequencyOf(word: string): number {
    return this.rangesOf(word).reduce((sum, range) => sum + this.#living(range), 0)
  }

  #living({ rows, start, end }: PostingRange): number {
    if (this.#changes === 0) return end - start
    let living = 0
    for (let at = start; at < end; at += 1) if ((this.keys[rows[at] as number] ?? NOBODY) !== NOBODY) living += 1
    return living
  }

  #listOf(word: string): PostingList {
    const known = this.#newLists.get(word)
    if (known) return known
    const list = new PostingList()
    this.#newLists.set(word, list)
    return list
  }

  /** The place of a word of the build; -1 where it is not there. */
  #find(word: string): number {
    let [low, high] = [0, this.#blocks.wordEnds.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const order = this.#compare(middle, word)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  /** Below 0 where the word at a place comes before `word`, byte by byte. */
  #compare(place: number, word: string): number {
    const { words, wordEnds } = this.#blocks
    const start = wordEnds[place - 1] ?? 0
    const length = (wordEnds[place] ?? 0) - start
    const shared = Math.min(length, word.length)
    for (let at = 0; at < shared; at += 1) {
      const difference = (words[start + at] ?? 0) - word.charCodeAt(at)
      if (difference !== 0) return difference
    }
    return length - word.length
  }
}
