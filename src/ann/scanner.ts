import { nativeKernels } from '../disk/native-kernels.ts'
import { TopK } from '../domain/top-k.ts'
import { type Kernel, openKernel } from './kernel.ts'
import { NativeScan } from './native-scan.ts'
import { BLOCK, type Layout, layoutOf } from './vector-memory.ts'

/** Rows that are compared with first: the similarities of their best spare the exact comparison with most others. */
const FIRST_BLOCK = 64
/** So few rows are compared with sooner than a query is put into steps. */
const FEW = BLOCK
/** The largest integers of 16 and of 32 bits. */
const [MOST_STEPS, MOST_SUM] = [2 ** 15 - 1, 2 ** 31 - 1]
const LARGEST_CODE = 127
/** Half the distance from 1 to the next number in single precision: what an operation rounds by, relatively, at most. */
const UNIT_ROUNDOFF = 2 ** -24
const WORD = Uint32Array.BYTES_PER_ELEMENT

/** What another thread needs to search the same vectors. */
export interface SharedVectors {
  readonly dimension: number
  readonly vectors: WebAssembly.Memory
  readonly codes: WebAssembly.Memory
}

/** Rows with their similarities, side by side and in no order. */
export interface Found {
  readonly rows: Uint32Array
  readonly similarities: Float32Array
}

interface Slot {
  readonly kernel: Kernel
  readonly vector: Float32Array
  /** The same place, for the query as 16-bit integers. */
  readonly steps: Int16Array
  readonly rows: Uint32Array
  readonly found: Uint32Array
  readonly values: Float32Array
}

function openSlot(memory: WebAssembly.Memory, layout: Layout, at: number): Slot {
  const { buffer } = memory
  const start = at * layout.slot
  const list = (place: number) => start + (layout.padded + place * BLOCK) * WORD
  const kernel = openKernel(memory)
  kernel.open(layout.dimension, start, BLOCK)
  kernel.openCodes(layout.firstCode, layout.codeStride)
  return {
    kernel,
    vector: new Float32Array(buffer, start, layout.dimension),
    steps: new Int16Array(buffer, start, layout.padded),
    rows: new Uint32Array(buffer, list(0), BLOCK),
    found: new Uint32Array(buffer, list(1), BLOCK),
    values: new Float32Array(buffer, list(2), BLOCK),
  }
}

/** Fills up to a multiple of four by repeating the last row, as the kernel wants it; returns how many there are then. */
function listRows({ rows: list }: Slot, rows: Uint32Array): number {
  const count = Math.ceil(rows.length / 4) * 4
  list.set(rows)
  list.fill(rows[rows.length - 1] ?? 0, rows.length, count)
  return count
}

const descending = (one: number, other: number): number => other - one

/**
 * One thread's search over the vectors of a matrix. Every similarity that leaves the index is made by one loop of the
 * kernel, so that it has the same bits whichever way it was found.
 */
export class Scanner {
  readonly #exact: Slot
  readonly #coarse: Slot
  readonly #native: NativeScan | null

  /** No two scanners at work have the same slot. */
  constructor({ dimension, vectors, codes }: SharedVectors, slot: number, native = nativeKernels) {
    const layout = layoutOf(dimension)
    this.#native = native && new NativeScan(native, { vectors, codes }, layout)
    this.#exact = openSlot(vectors, layout, slot)
    this.#coarse = openSlot(codes, layout, slot)
  }

  /** Makes the codes of a row's vector; without them `nearest` may pass it over. */
  encode(row: number, vector: Float32Array): void {
    this.#coarse.vector.set(vector)
    this.#coarse.kernel.encode(row)
  }

  /** A hint that rows are compared with in a moment: a second thread may take its part in that. */
  expectWork(): void {
    this.#native?.expectWork()
  }

  /** Dot products of a vector and rows, in their order; of unit vectors that is their cosine similarity. */
  similarities(vector: Float32Array, rows: Uint32Array): Float32Array {
    if (this.#native) return this.#native.similarities(vector, rows)
    const all = new Float32Array(rows.length)
    this.#exact.vector.set(vector)
    for (let from = 0; from < rows.length; from += BLOCK) {
      all.set(this.#compare(rows.subarray(from, from + BLOCK)), from)
    }
    return all
  }

  /**
   * The `count` nearest of the rows, exactly, and those that are as near as the last of them. Most rows are only looked
   * at by their codes: where even the most that these leave open would not do, the vector itself is not read.
   */
  nearest(vector: Float32Array, rows: Uint32Array, count: number): Found {
    if (this.#native) return this.#native.nearest(vector, rows, count)
    this.#exact.vector.set(vector)
    if (rows.length > FEW) this.#aim(vector)
    const top = new TopK(count, descending)
    const near: { row: number; similarity: number }[] = []
    const first = rows.length > FEW ? FIRST_BLOCK : FEW
    for (let from = 0, step = first; from < rows.length; from += step, step = Math.min(BLOCK, 2 * step)) {
      const block = rows.subarray(from, from + step)
      const candidates = top.toBeat === undefined ? block : this.#candidates(block, top.toBeat)
      const similarities = this.#compare(candidates)
      for (let at = 0; at < candidates.length; at += 1) {
        const similarity = similarities[at] as number
        if (similarity < (top.toBeat ?? Number.NEGATIVE_INFINITY)) continue
        near.push({ row: candidates[at] as number, similarity })
        top.offer(similarity)
      }
    }
    const least = top.toBeat ?? Number.NEGATIVE_INFINITY
    const found = near.filter(({ similarity }) => similarity >= least)
    return {
      rows: Uint32Array.from(found, ({ row }) => row),
      similarities: Float32Array.from(found, ({ similarity }) => similarity),
    }
  }

  /**
   * Hands the query to the kernel of the codes. With q the query, p what its 16-bit steps stand for, x a row's vector
   * and y what its codes stand for, q·x = p·y + (q - p)·y + q·(x - y), so by Cauchy and Schwarz
   * q·x <= p·y + |q - p| |y| + |q| |x - y|. Rounding may add (n + 8) u |q| |x| for n components (Higham, "Accuracy and
   * Stability of Numerical Algorithms", 3.1), once in the dot product and once in the bound.
   */
  #aim(vector: Float32Array): void {
    let [largest, squares, lost] = [0, 0, 0]
    for (const value of vector) {
      largest = Math.max(largest, Math.abs(value))
      squares += value * value
    }
    // So small that no sum of products leaves 32 bits.
    const most = Math.min(MOST_STEPS, Math.floor(MOST_SUM / (LARGEST_CODE * vector.length)))
    const scale = largest > 0 ? largest / most : 1
    for (let at = 0; at < vector.length; at += 1) {
      const value = vector[at] as number
      const steps = Math.round(value / scale)
      this.#coarse.steps[at] = steps
      lost += (value - steps * scale) ** 2
    }
    this.#coarse.steps.fill(0, vector.length)
    const length = Math.sqrt(squares)
    const rounding = 2 * (vector.length + 8) * UNIT_ROUNDOFF
    this.#coarse.kernel.aim(scale, length * (1 + rounding), Math.sqrt(lost) + length * rounding)
  }

  /** A view, valid until the next call. */
  #candidates(rows: Uint32Array, least: number): Uint32Array {
    const { kernel, found } = this.#coarse
    let count = kernel.candidates(listRows(this.#coarse, rows), least)
    // The last row was repeated.
    while (count > 1 && found[count - 1] === found[count - 2]) count -= 1
    return found.subarray(0, count)
  }

  /** A view, valid until the next call. */
  #compare(rows: Uint32Array): Float32Array {
    this.#exact.kernel.similarities(listRows(this.#exact, rows))
    return this.#exact.values.subarray(0, rows.length)
  }
}
