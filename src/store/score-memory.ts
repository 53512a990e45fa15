import { openKernel } from '../disk/kernel.ts'
import { type NativeKernels, nativeKernels } from '../disk/native-kernels.ts'

/** The functions of kernel/scores.ts; see there. */
interface Kernel {
  clear(blocks: number): void
  add(rows: number, values: number, count: number): void
  survey(highest: number, blocks: number): number
}

const [WORD, DOUBLE, PAGE] = [4, 8, 65_536]
/** What a wasm memory can address. */
const MOST_PAGES = 65_536
/** Rows of which the kernel finds the highest score. */
const BLOCK = 64
/** So many rows native code may find; where there are more it takes long anyway. */
const MOST_FOUND = 4_096

/** What a word adds to the scores of rows: a value each. */
export interface Addends {
  /** Ascending. */
  readonly rows: Uint32Array
  readonly values: Float64Array
}

/** Rows and their scores side by side. */
export interface ScoredRows {
  readonly rows: ArrayLike<number>
  readonly scores: ArrayLike<number>
  readonly count: number
  /** How many rows have a score. */
  readonly total: number
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to

/** Scores by row, and lists of what is added to them, where the kernel reaches them. It grows in place. */
export class ScoreMemory {
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true })
  readonly #kernel = openKernel<Kernel>('#score-kernel', this.#memory)
  readonly #native: NativeKernels | null
  readonly #found = new Uint32Array(MOST_FOUND + 1)
  readonly #foundScores = new Float64Array(MOST_FOUND)
  #bytes = new Uint8Array(this.#memory.buffer)
  #blocks = 0
  /** Where lists begin, and where the next one goes. */
  #firstList = 0
  #end = 0
  /** By row; those of rows beyond the last are zero. */
  scores: Float64Array = new Float64Array(0)
  /** By block. */
  #highest: Float64Array = new Float64Array(0)

  constructor(native = nativeKernels) {
    this.#native = native
  }

  /** Forgets everything, and makes room for so many rows. */
  reset(rows: number): void {
    this.#blocks = Math.max(1, Math.ceil(rows / BLOCK))
    const scores = this.#blocks * BLOCK * DOUBLE
    this.#firstList = scores + this.#blocks * DOUBLE
    this.#reserve(this.#firstList)
    this.scores = new Float64Array(this.#memory.buffer, 0, this.#blocks * BLOCK)
    this.#highest = new Float64Array(this.#memory.buffer, scores, this.#blocks)
    this.forget()
  }

  /** Forgets the lists. */
  forget(): void {
    this.#end = this.#firstList
  }

  /** Room for a list. */
  list(count: number): Addends {
    const values = roundUp(this.#end, DOUBLE)
    const rows = values + count * DOUBLE
    this.#end = rows + count * WORD
    this.#reserve(this.#end)
    const { buffer } = this.#memory
    return { rows: new Uint32Array(buffer, rows, count), values: new Float64Array(buffer, values, count) }
  }

  /** Makes the scores the sums of lists, in their order. */
  sum(lists: readonly Addends[]): void {
    if (this.#native) this.#native.sumScores(this.#bytes, this.scores.length, this.#placesOf(lists))
    else this.#sumHere(lists)
  }

  #sumHere(lists: readonly Addends[]): void {
    // `fill` writes number by number to memory that other threads may share.
    this.#kernel.clear(this.#blocks)
    for (const { rows, values } of lists) this.#kernel.add(rows.byteOffset, values.byteOffset, rows.length)
  }

  /** Of each list where its rows and its values begin, in bytes, and how many there are. */
  #placesOf(lists: readonly Addends[]): Uint32Array {
    const places = new Uint32Array(3 * lists.length)
    for (let at = 0; at < lists.length; at += 1) {
      const { rows, values } = lists[at] as Addends
      places[3 * at] = rows.byteOffset
      places[3 * at + 1] = values.byteOffset
      places[3 * at + 2] = rows.length
    }
    return places
  }

  /** The rows with the `limit` highest scores, maybe some more; what it gives is valid until the next call. */
  best(limit: number): ScoredRows {
    const [rows, scores] = [this.#found, this.#foundScores]
    const count = this.#native?.bestScores(this.#bytes, this.scores.length, limit, rows, scores) ?? -1
    return count < 0 ? this.#bestHere(limit) : { rows, scores, count, total: rows[MOST_FOUND] as number }
  }

  #bestHere(limit: number): ScoredRows {
    const total = this.#kernel.survey(this.#highest.byteOffset, this.#blocks)
    // So many blocks have a score of at least that, so it takes no less to be among the best.
    const least = limit > 0 ? (this.#highest.slice().sort().at(-limit) ?? 0) : Number.POSITIVE_INFINITY
    const rows: number[] = []
    for (let block = 0; block < this.#blocks; block += 1) {
      const highest = this.#highest[block] as number
      if (highest > 0 && highest >= least) this.#list(rows, block, least)
    }
    return { rows, scores: rows.map((row) => this.scores[row] as number), count: rows.length, total }
  }

  #list(rows: number[], block: number, least: number): void {
    for (let row = block * BLOCK; row < (block + 1) * BLOCK; row += 1) {
      const score = this.scores[row] as number
      // Nothing weighs nothing: who holds a word has a score.
      if (score > 0 && score >= least) rows.push(row)
    }
  }

  /** By doubling, which costs nothing before it is written to. */
  #reserve(bytes: number): void {
    const [now, needed] = [this.#memory.buffer.byteLength / PAGE, Math.ceil(bytes / PAGE)]
    if (needed <= now) return
    this.#memory.grow(Math.max(needed, Math.min(2 * now, MOST_PAGES)) - now)
    this.#bytes = new Uint8Array(this.#memory.buffer)
  }
}
