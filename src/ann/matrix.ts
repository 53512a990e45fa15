import { fail } from '../domain/errors.ts'
import type { StoredVector } from '../domain/ports.ts'

const FIRST_CAPACITY = 256

/**
 * All vectors in one contiguous block, a row each, in memory that other threads can read. It is the exact truth that
 * the graph approximates: the graph may lag behind or be missing, the matrix never.
 */
export class VectorMatrix {
  readonly dimension: number
  #buffer: SharedArrayBuffer
  #values: Float32Array
  /** By row; a free row has key -1. */
  #keys: number[] = []
  #labels: number[] = []
  readonly #rowOfLabel = new Map<number, number>()
  readonly #rowOfKey = new Map<number, number>()
  #free: number[] = []
  /** Rows freed while another thread reads the block; they are used again after `thaw`. */
  #freedMeanwhile: number[] | null = null

  constructor(dimension: number, capacity = FIRST_CAPACITY) {
    this.dimension = dimension
    this.#buffer = new SharedArrayBuffer(Math.max(1, capacity) * dimension * 4)
    this.#values = new Float32Array(this.#buffer)
  }

  get size(): number {
    return this.#rowOfLabel.size
  }

  /** Rows in use or free; an exact scan walks them all. */
  get rows(): number {
    return this.#keys.length
  }

  get values(): Float32Array {
    return this.#values
  }

  get buffer(): SharedArrayBuffer {
    return this.#buffer
  }

  labels(): IterableIterator<number> {
    return this.#rowOfLabel.keys()
  }

  has(label: number): boolean {
    return this.#rowOfLabel.has(label)
  }

  rowOfLabel(label: number): number | undefined {
    return this.#rowOfLabel.get(label)
  }

  rowOfKey(key: number): number | undefined {
    return this.#rowOfKey.get(key)
  }

  /** -1 for a free row. */
  keyAt(row: number): number {
    return this.#keys[row] ?? -1
  }

  labelAt(row: number): number {
    return this.#labels[row] ?? -1
  }

  /** A view, not a copy: valid until the next `add`. */
  vectorAt(row: number): Float32Array {
    return this.#values.subarray(row * this.dimension, (row + 1) * this.dimension)
  }

  /** Adding a label again changes nothing, so that a journal can be replayed. */
  add({ label, key, vector }: StoredVector): void {
    if (this.#rowOfLabel.has(label)) return
    // A longer one would spill into the next row.
    if (vector.length !== this.dimension) fail('INDEX_DAMAGED', `A stored vector has ${vector.length} numbers.`)
    const row = this.#free.pop() ?? this.#keys.length
    if ((row + 1) * this.dimension > this.#values.length) this.#grow()
    this.#values.set(vector, row * this.dimension)
    this.#keys[row] = key
    this.#labels[row] = label
    this.#rowOfLabel.set(label, row)
    this.#rowOfKey.set(key, row)
  }

  remove(label: number): void {
    const row = this.#rowOfLabel.get(label)
    if (row === undefined) return
    this.#rowOfLabel.delete(label)
    const key = this.keyAt(row)
    if (this.#rowOfKey.get(key) === row) this.#rowOfKey.delete(key)
    this.#keys[row] = -1
    const freed = this.#freedMeanwhile ?? this.#free
    freed.push(row)
  }

  /** Until `thaw` the rows of today keep their vectors, also when their papers are removed. */
  freeze(): void {
    this.#freedMeanwhile ??= []
  }

  thaw(): void {
    for (const row of this.#freedMeanwhile ?? []) this.#free.push(row)
    this.#freedMeanwhile = null
  }

  #grow(): void {
    const larger = new SharedArrayBuffer(this.#buffer.byteLength * 2)
    const values = new Float32Array(larger)
    values.set(this.#values)
    this.#buffer = larger
    this.#values = values
  }
}
