import { openKernel } from '../disk/kernel.ts'
import { type NativeKernels, nativeKernels } from '../disk/native-kernels.ts'

/** The functions of kernel/scores.ts; see there. */
interface Kernel {
  clear(blocks: number): void
  add(codes: number, starts: number, values: number): void
  addByRow(codes: number, values: number): void
  survey(highest: number, blocks: number): number
}

const [HALF, WORD, DOUBLE, PAGE] = [2, 4, 8, 65_536]
/** What a wasm memory can address. */
const MOST_PAGES = 65_536
/** Rows of which the kernel finds the highest score. */
const BLOCK = 64
/** So many rows native code may find; where there are more it takes long anyway. */
const MOST_FOUND = 4_096

/** Rows whose addends stand together: their scores fit into the first cache. */
const SPAN = 2_048
/** A code is a row's place in its span and, above these bits, the number of its value. */
const SPAN_BITS = 11

/** So many rows one list may have: each could have a value of its own. */
export const MOST_LISTED = 2 ** (32 - SPAN_BITS)

/** What is added to the scores of rows. Many rows have the same value, which is kept once. */
export interface Addends {
  /** Ascending. */
  readonly rows: Uint32Array
  /** Of each row the number of its value. */
  readonly numbers: Uint32Array
  readonly values: readonly number[]
}

/** From this part of all rows (1 / n) on a list is faster read by row than by what it lists. */
const EVERY_ROW_FROM = 3
/** Numbers that two bytes hold. */
const MOST_NUMBERS = 2 ** 16

/** Where a list stands, in bytes: two or four bytes a row, so that little memory is read. */
export interface KeptList {
  /** 32-bit codes of the rows that are listed, or of every row the 16-bit number of its value. */
  readonly codes: number
  readonly count: number
  /** Which codes are those of each span: where they begin, and at last the end. 0 where every row has one. */
  readonly starts: number
  /** 64-bit floats. */
  readonly values: number
  readonly distinct: number
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
  #places = new Uint32Array(128)
  #bytes = new Uint8Array(this.#memory.buffer)
  #spans = 0
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
    this.#spans = Math.max(1, Math.ceil(rows / SPAN))
    const [scores, blocks] = [this.#spans * SPAN, this.#blocks]
    this.#firstList = (scores + blocks) * DOUBLE
    this.#reserve(this.#firstList)
    this.scores = new Float64Array(this.#memory.buffer, 0, scores)
    this.#highest = new Float64Array(this.#memory.buffer, scores * DOUBLE, blocks)
    this.forget()
  }

  get #blocks(): number {
    return (this.#spans * SPAN) / BLOCK
  }

  /** Forgets the lists. */
  forget(): void {
    this.#end = this.#firstList
  }

  /** What the lists take, in bytes. */
  get kept(): number {
    return this.#end - this.#firstList
  }

  /** Keeps a list of at most MOST_LISTED rows. */
  keep(list: Addends): KeptList {
    const isOfEveryRow = list.rows.length * EVERY_ROW_FROM > this.scores.length && list.values.length < MOST_NUMBERS
    return isOfEveryRow ? this.#keepEveryRow(list) : this.#keepListed(list)
  }

  /** Rows that are not listed have the first value, which is nothing. */
  #keepEveryRow({ rows, numbers, values: distinct }: Addends): KeptList {
    const count = this.scores.length
    const values = this.#room((distinct.length + 1) * DOUBLE)
    const codes = this.#room(count * HALF)
    const { buffer } = this.#memory
    new Float64Array(buffer, values, distinct.length + 1).set([0, ...distinct])
    const byRow = new Uint16Array(buffer, codes, count).fill(0)
    for (let at = 0; at < rows.length; at += 1) byRow[rows[at] as number] = (numbers[at] as number) + 1
    return { codes, count, starts: 0, values, distinct: distinct.length + 1 }
  }

  #keepListed({ rows, numbers, values: distinct }: Addends): KeptList {
    const values = this.#room(distinct.length * DOUBLE)
    const starts = this.#room((this.#spans + 1) * WORD)
    const codes = this.#room(rows.length * WORD)
    const { buffer } = this.#memory
    new Float64Array(buffer, values, distinct.length).set(distinct)
    const begins = new Uint32Array(buffer, starts, this.#spans + 1).fill(rows.length)
    const list = new Uint32Array(buffer, codes, rows.length)
    begins[0] = 0
    let span = 0
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at] as number
      for (; row >= (span + 1) * SPAN; span += 1) begins[span + 1] = at
      list[at] = (row % SPAN) + (numbers[at] as number) * SPAN
    }
    return { codes, count: rows.length, starts, values, distinct: distinct.length }
  }

  /** Room for so many bytes. */
  #room(bytes: number): number {
    const place = roundUp(this.#end, DOUBLE)
    this.#end = place + bytes
    this.#reserve(this.#end)
    return place
  }

  /** Makes the scores the sums of lists, in their order. */
  sum(lists: readonly KeptList[]): void {
    if (this.#native) this.#native.sumScores(this.#bytes, this.scores.length, lists.length, this.#placesOf(lists))
    else this.#sumHere(lists)
  }

  /** Of each list its five numbers, as native code takes them. */
  #placesOf(lists: readonly KeptList[]): Uint32Array {
    if (this.#places.length < 5 * lists.length) this.#places = new Uint32Array(10 * lists.length)
    const places = this.#places
    let next = 0
    for (const { codes, count, starts, values, distinct } of lists) {
      places[next] = codes
      places[next + 1] = count
      places[next + 2] = starts
      places[next + 3] = values
      places[next + 4] = distinct
      next += 5
    }
    return places
  }

  #sumHere(lists: readonly KeptList[]): void {
    // `fill` writes number by number to memory that other threads may share.
    this.#kernel.clear(this.#blocks)
    for (const { codes, starts, values } of lists) {
      if (starts > 0) this.#kernel.add(codes, starts, values)
      else this.#kernel.addByRow(codes, values)
    }
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
