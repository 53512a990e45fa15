import type { Range, SentenceSimilarities } from '../domain/ports.ts'
import { Slab } from '../domain/slab.ts'
import type { ReadyRows } from './ready-rows.ts'
import type { SentenceMemory } from './sentence-memory.ts'
import { unpackSpans } from './sentence-set.ts'

const slab = new Slab()
const NO_VALUES = new Float64Array(0)

/** Where the sentences of a paper stand, packed; the rows that were compared with began at that one. */
type SpansOf = (key: number, row: number) => string

/** Without the row of the title, which is the first. */
function leaveTitle(sets: Uint32Array, place: number): void {
  const count = sets[2 * place + 1] as number
  if (count === 0) return
  sets[2 * place] = (sets[2 * place] as number) + 1
  sets[2 * place + 1] = count - 1
}

/** What a call finds, a paper after the other. */
export class FoundSentences implements SentenceSimilarities {
  readonly starts: Uint32Array
  readonly titles: boolean
  readonly nearest: Float64Array
  values: Float64Array = NO_VALUES
  readonly #keys: readonly number[]
  readonly #packedSpans: SpansOf
  /** Of each paper its first row, and how many it has. */
  readonly #sets: Uint32Array
  #added = 0
  /** Papers that were compared with. */
  #compared = 0

  constructor(keys: readonly number[], titles: boolean, packedSpans: SpansOf) {
    this.titles = titles
    this.starts = slab.uint32(keys.length + 1)
    this.#sets = slab.uint32(2 * keys.length)
    this.nearest = slab.float64(keys.length)
    this.#keys = keys
    this.#packedSpans = packedSpans
  }

  /** The rows of the next paper, side by side; of one without any a count of 0. */
  add(row: number, count: number): void {
    this.#sets[2 * this.#added] = row
    this.#sets[2 * this.#added + 1] = count
    this.#placeUpTo(this.#added + 1)
  }

  /** The rows of all papers; false where those of one are not known, and nothing is added. */
  addAll(ready: ReadyRows): boolean {
    if (!ready.write(this.#keys, this.#sets)) return false
    this.#placeUpTo(this.#keys.length)
    return true
  }

  /** Adds the papers before that place, whose rows were written. */
  #placeUpTo(end: number): void {
    const [starts, sets] = [this.starts, this.#sets]
    let start = starts[this.#added] as number
    for (let place = this.#added; place < end; place += 1) {
      if (!this.titles) leaveTitle(sets, place)
      start += sets[2 * place + 1] as number
      starts[place + 1] = start
    }
    this.#added = end
  }

  /** Compares with those that were added since. */
  compare(memory: SentenceMemory): void {
    const papers = this.#added
    const [start, end] = [this.starts[this.#compared] as number, this.starts[papers] as number]
    if (end > this.values.length) this.#grow(start > 0 ? 2 * end : end)
    memory.compare(this.#sets.subarray(2 * this.#compared, 2 * papers), {
      values: this.values.subarray(start, end),
      nearest: this.nearest.subarray(this.#compared, papers),
      leading: this.titles ? 1 : 0,
    })
    this.#compared = papers
  }

  #grow(length: number): void {
    const { values } = this
    this.values = slab.float64(length)
    if (values.length > 0) this.values.set(values)
  }

  spansOf(place: number): Range[] {
    const row = (this.#sets[2 * place] ?? 0) - (this.titles ? 0 : 1)
    return unpackSpans(this.#packedSpans(this.#keys[place] ?? 0, row))
  }
}

export const NO_SPANS = '[]'

/** What is known where sentences are not looked at. */
export function withoutSentences(keys: readonly number[]): SentenceSimilarities {
  const found = new FoundSentences(keys, true, () => NO_SPANS)
  found.nearest.fill(Number.NaN)
  return found
}
