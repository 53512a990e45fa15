import { availableParallelism } from 'node:os'
import type { Neighbour } from '../domain/vector-index.ts'
import { depthOf, type ExactQuery, neighboursOf, searchExact } from './exact.ts'
import type { VectorMatrix } from './matrix.ts'
import { everyRow } from './row-lists.ts'
import { ScanThread } from './scan-thread.ts'
import type { Found } from './scanner.ts'
import { SLOTS } from './vector-memory.ts'

/** Components of all rows together. What is less takes under a millisecond, and asking a thread a tenth of one. */
const LARGE = 16_384 * 384

export interface ScanPoolOptions {
  /** How many threads share a scan; one less than there are cores where it is left out. */
  readonly threads?: number | undefined
  /** From how many components on, over all rows, threads are asked. */
  readonly large?: number | undefined
}

let matrices = 0
const numbers = new WeakMap<VectorMatrix, number>()

function numberOf(matrix: VectorMatrix): number {
  const number = numbers.get(matrix) ?? ++matrices
  numbers.set(matrix, number)
  return number
}

/**
 * Exact searches that do not hold up the event loop: what takes long is shared among threads. They start with the first
 * such search, read the matrix where it is, and give the same bits as a search on this thread.
 */
export class ScanPool {
  readonly #size: number
  readonly #large: number
  #threads: ScanThread[] = []
  #closed = false

  constructor({ threads = availableParallelism() - 1, large = LARGE }: ScanPoolOptions = {}) {
    // Slot 0 is the main thread's.
    this.#size = Math.min(SLOTS - 1, Math.max(1, threads))
    this.#large = large
  }

  /** The vectors as they are now, however long it takes; at once where that is little work. */
  search(matrix: VectorMatrix, query: ExactQuery): Neighbour[] | Promise<Neighbour[]> {
    if (this.#closed) return searchExact(matrix, query)
    return this.searchAtOnce(matrix, query) ?? this.#searchAside(matrix, query)
  }

  /** The same where it is little work; else null. */
  searchAtOnce(matrix: VectorMatrix, query: ExactQuery): Neighbour[] | null {
    const count = query.rows?.length ?? matrix.size
    return count * matrix.dimension < this.#large || query.limit === 0 ? searchExact(matrix, query) : null
  }

  /** Resolves when searches under way are answered and the threads are gone. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.map((thread) => thread.end()))
  }

  async #searchAside(matrix: VectorMatrix, query: ExactQuery): Promise<Neighbour[]> {
    const thaw = matrix.freeze()
    try {
      return neighboursOf(matrix, query, await this.#share(matrix, query))
    } catch {
      // A thread died; the next search starts another one.
      return searchExact(matrix, query)
    } finally {
      thaw()
    }
  }

  async #share(matrix: VectorMatrix, query: ExactQuery): Promise<Found[]> {
    const scan = {
      matrix: numberOf(matrix),
      // A copy: what the caller searches with may be a row of the matrix.
      vector: query.vector.slice(),
      rows: query.rows ?? everyRow(matrix),
      count: depthOf(query),
      next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    }
    const { vectors, codes } = matrix.memory
    const shared = { dimension: matrix.dimension, vectors, codes }
    const parts = await Promise.all(this.#running().map((thread) => thread.scan(scan, shared)))
    return parts.flat()
  }

  /** All threads, with new ones for those that died. */
  #running(): readonly ScanThread[] {
    const alive = this.#threads.filter(({ isGone }) => !isGone)
    const taken = new Set(alive.map(({ slot }) => slot))
    for (let slot = 1; slot <= this.#size; slot += 1) if (!taken.has(slot)) alive.push(new ScanThread(slot))
    this.#threads = alive
    return alive
  }
}
