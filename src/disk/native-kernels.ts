import { kernelsAddon } from './kernels-addon.ts'

/**
 * Loops of kernel/ once more, for processors with wide registers (native/kernels), over the same memories. They check every
 * place that they are given, and throw where there is none.
 */
export interface NativeKernels {
  /**
   * `place`: components of a row, where the first one begins, and how many rows lead a set. `sets`: of each its first row and how
   * many there are. `nearest`: of each set its highest value but for those that lead it, NaN where there is none.
   */
  compareSentences(
    memory: Uint8Array,
    place: Uint32Array,
    sets: Uint32Array,
    values: Float64Array,
    nearest: Float64Array,
  ): void
  /**
   * Makes the scores of rows the sums of what so many lists add to them, in their order. `lists`: of each where its codes begin and
   * how many there are, where their starts begin, and where its values begin and how many there are, as src/store/
   * score-memory.ts has them.
   */
  sumScores(memory: Uint8Array, rows: number, count: number, lists: Uint32Array): void
  /**
   * Writes the rows with the `limit` highest scores, and those that are as high as the last of them, best first; says how
   * many there are, or -1 where they do not fit. The last of `found` becomes the number of rows that have a score.
   */
  bestScores(memory: Uint8Array, rows: number, limit: number, found: Uint32Array, scores: Float64Array): number
  /** A hint that `compareSentences`, `similarities` or `nearest` is called in a moment: a second thread then takes its part in them. */
  expectWork(): void
  /** Dot products of the query and rows as long as it, which are counted from the memory's beginning. */
  similarities(memory: Uint8Array, query: Float32Array, rows: Uint32Array, values: Float32Array): void
  /**
   * Writes the nearest of the rows and those that are as near as the last of them, nearest first; says how many there are, or
   * -1 where they do not fit. `place`: where the codes of row 0 would stand, and how many are wanted. No row is listed twice.
   */
  nearest(
    vectors: Uint8Array,
    codes: Uint8Array,
    place: Uint32Array,
    query: Float32Array,
    rows: Uint32Array,
    found: Uint32Array,
    values: Float32Array,
  ): number
}

const addon: Partial<NativeKernels> = kernelsAddon

/** Null where the installation could not compile them, or this machine cannot run them. */
export const nativeKernels = addon.nearest ? (addon as NativeKernels) : null
