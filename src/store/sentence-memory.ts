import { openKernel } from '../disk/kernel.ts'
import { type NativeKernels, nativeKernels } from '../disk/native-kernels.ts'

/** The functions of kernel/sentences.ts; see there. */
interface Kernel {
  open(components: number, values: number, firstRow: number): void
  measure(row: number, count: number): void
  aim(most: number): void
  compare(row: number, count: number): void
}

/** Rows of one paper that one call compares with: its title, and more sentences than are ever taken of an abstract. */
export const MOST_ROWS = 128

const [WORD, DOUBLE, PAGE] = [4, 8, 65_536]
/** Behind the components of a row: its length, and what fills it up to 16 bytes. */
const TAIL = 16
/** The largest integers of 16 and of 32 bits, and the largest component of a row by its amount. */
const [MOST_STEPS, MOST_SUM, LARGEST_CODE] = [2 ** 15 - 1, 2 ** 31 - 1, 128]

const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE)

/** The components of a row in memory, and how long it is there. */
const paddedTo = (dimension: number): number => Math.ceil(dimension / 16) * 16
export const strideOf = (dimension: number): number => paddedTo(dimension) + TAIL

/** How many rows of so many components such a memory holds within a number of bytes. */
export const rowsWithin = (bytes: number, dimension: number): number =>
  Math.max(MOST_ROWS, Math.floor(bytes / strideOf(dimension)))

/** Where it is written what a comparison finds. */
export interface Comparison {
  /** Of each row, set by set. */
  readonly values: Float64Array
  /** Of each set its highest value, but for that of the rows that lead it; NaN where there is none. */
  readonly nearest: Float64Array
  /** So many rows of each set are others than those behind them: its title. */
  readonly leading: number
}

/** Rows of 8-bit components side by side, where the kernel reaches them. It grows in place up to its capacity. */
export class SentenceMemory {
  readonly #dimension: number
  readonly #most: number
  readonly #firstRow: number
  readonly #stride: number
  readonly #maximum: number
  readonly #memory: WebAssembly.Memory
  readonly #kernel: Kernel
  readonly #native: NativeKernels | null
  /** What native code must know of the memory. */
  readonly #place: Uint32Array
  readonly #vector: Float32Array
  /** What the kernel writes. */
  readonly #similarities: Float64Array
  #bytes: Uint8Array
  #isAimed = false

  /** `capacity` in rows. */
  constructor(dimension: number, capacity: number, native = nativeKernels) {
    const padded = paddedTo(dimension)
    const values = 2 * padded * WORD + 2 * DOUBLE
    this.#native = native
    this.#dimension = dimension
    this.#most = Math.min(MOST_STEPS, Math.floor(MOST_SUM / (LARGEST_CODE * padded)))
    this.#stride = strideOf(dimension)
    this.#firstRow = values + MOST_ROWS * DOUBLE
    this.#maximum = pagesOf(this.#firstRow + capacity * this.#stride)
    this.#memory = new WebAssembly.Memory({ initial: pagesOf(this.#firstRow), maximum: this.#maximum, shared: true })
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#place = Uint32Array.of(padded, this.#firstRow, 0)
    this.#kernel = openKernel<Kernel>('#sentence-kernel', this.#memory)
    this.#kernel.open(padded, values, this.#firstRow)
    this.#vector = new Float32Array(this.#memory.buffer, 0, dimension)
    this.#similarities = new Float64Array(this.#memory.buffer, values, MOST_ROWS)
  }

  /** Copies rows to where they shall stand, from one row on. */
  write(row: number, rows: Int8Array): void {
    const count = rows.length / this.#dimension
    this.#reserve(this.#firstRow + (row + count) * this.#stride)
    for (let at = 0; at < count; at += 1) {
      const one = rows.subarray(at * this.#dimension, (at + 1) * this.#dimension)
      this.#bytes.set(one, this.#firstRow + (row + at) * this.#stride)
    }
    this.#kernel.measure(row, count)
  }

  /** Takes the unit vector that rows are compared with from now on. */
  aim(vector: Float32Array): void {
    if (this.#isAimedAt(vector)) return
    this.#isAimed = true
    this.#vector.set(vector)
    this.#kernel.aim(this.#most)
  }

  /** One question's is aimed at several times in a row. */
  #isAimedAt(vector: Float32Array): boolean {
    for (let at = 0; at < vector.length; at += 1) if (this.#vector[at] !== vector[at]) return false
    return this.#isAimed
  }

  /**
   * Writes the cosine similarity to each row of the sets, one behind the other. A set is two numbers: its first row, and
   * how many there are, MOST_ROWS at most.
   */
  compare(sets: Uint32Array, into: Comparison): void {
    this.#place[2] = into.leading
    if (this.#native) this.#native.compareSentences(this.#bytes, this.#place, sets, into.values, into.nearest)
    else this.#compareEach(sets, into)
  }

  #compareEach(sets: Uint32Array, { values, nearest, leading }: Comparison): void {
    let end = 0
    for (let at = 0; at < sets.length; at += 2) {
      const count = sets[at + 1] as number
      this.#kernel.compare(sets[at] as number, count)
      let highest = Number.NaN
      for (let row = 0; row < count; row += 1) {
        const value = this.#similarities[row] as number
        values[end + row] = value
        if (row >= leading && !(value <= highest)) highest = value
      }
      nearest[at / 2] = highest
      end += count
    }
  }

  /** By doubling, which costs nothing before it is written to. */
  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return
    const [now, needed] = [pagesOf(this.#bytes.length), pagesOf(bytes)]
    this.#memory.grow(Math.max(needed, Math.min(2 * now, this.#maximum)) - now)
    this.#bytes = new Uint8Array(this.#memory.buffer)
  }
}
