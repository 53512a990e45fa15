import { fail } from '../domain/errors.ts'
import { NumberTable } from '../domain/number-table.ts'
import type { StoredVector } from '../domain/ports.ts'
import { Scanner } from './scanner.ts'
import { VectorMemory } from './vector-memory.ts'

const FIRST_CAPACITY = 256
const FREE = -1

/** Another thread's reading of the rows as they are when it begins. */
interface Reading {
  /** Rows freed since, before the next reading began: this one and older ones may still read them. */
  readonly freed: number[]
}

/**
 * All vectors in one contiguous block, a row each, in memory that other threads can read. It is the exact truth that
 * the graph approximates: the graph may lag behind or be missing, the matrix never.
 */
export class VectorMatrix {
  readonly dimension: number
  readonly memory: VectorMemory
  /** The main thread's. */
  readonly scanner: Scanner
  #values: Float32Array
  #version = 0
  #newest = 0
  #nextRow: number
  /** By row. A freed row keeps its key until it is used again: who began to read it before wants to know whose it was. */
  readonly #keys: number[] = []
  /** By row; -1 where it is free. */
  readonly #labels: number[] = []
  readonly #rowOfLabel = new NumberTable()
  readonly #rowOfKey = new NumberTable()
  #free: number[] = []
  /** The oldest first. */
  readonly #readings: Reading[] = []

  constructor(dimension: number, capacity = FIRST_CAPACITY) {
    this.dimension = dimension
    this.memory = new VectorMemory(dimension, capacity)
    this.scanner = new Scanner({ ...this.memory, dimension }, 0)
    this.#values = new Float32Array(this.buffer)
    this.#nextRow = this.memory.layout.firstRow
  }

  get size(): number {
    return this.#rowOfLabel.size
  }

  /** Changes whenever a row is taken or freed. */
  get version(): number {
    return this.#version
  }

  /** The largest label that was ever added: what comes later has a larger one. */
  get newest(): number {
    return this.#newest
  }

  /** Row n begins at n times the dimension. */
  get buffer(): SharedArrayBuffer {
    return this.memory.vectors.buffer
  }

  *labels(): Generator<number> {
    for (const label of this.#labels) if (label !== FREE) yield label
  }

  /** The rows in use, in their order. */
  *rows(): Generator<number> {
    for (let at = 0; at < this.#labels.length; at += 1) {
      if (this.#labels[at] !== FREE) yield at + this.memory.layout.firstRow
    }
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

  /** The key of a row that is in use, or of one that was when it was frozen; -1 where it never was. */
  keyAt(row: number): number {
    return this.#keys[row - this.memory.layout.firstRow] ?? -1
  }

  /** The label of a row that is in use. */
  labelAt(row: number): number | undefined {
    return this.#labels[row - this.memory.layout.firstRow]
  }

  labelOfKey(key: number): number | undefined {
    const row = this.#rowOfKey.get(key)
    return row === undefined ? undefined : this.labelAt(row)
  }

  /** A view, not a copy: valid until the next change. */
  vectorAt(row: number): Float32Array {
    return this.#values.subarray(row * this.dimension, (row + 1) * this.dimension)
  }

  /** Adding a label again changes nothing, so that a journal can be replayed. */
  add({ label, key, vector }: StoredVector): void {
    if (this.#rowOfLabel.has(label)) return
    // A longer one would spill into the next row.
    if (vector.length !== this.dimension) fail('INDEX_DAMAGED', `A stored vector has ${vector.length} numbers.`)
    const row = this.#free.pop() ?? this.#unusedRow()
    this.#values.set(vector, row * this.dimension)
    this.scanner.encode(row, vector)
    this.#keys[row - this.memory.layout.firstRow] = key
    this.#labels[row - this.memory.layout.firstRow] = label
    this.#rowOfLabel.set(label, row)
    this.#rowOfKey.set(key, row)
    this.#newest = Math.max(this.#newest, label)
    this.#version += 1
  }

  remove(label: number): void {
    const row = this.#rowOfLabel.get(label)
    if (row === undefined) return
    this.#rowOfLabel.delete(label)
    this.#labels[row - this.memory.layout.firstRow] = FREE
    const key = this.keyAt(row)
    if (this.#rowOfKey.get(key) === row) this.#rowOfKey.delete(key)
    const freed = this.#readings.at(-1)?.freed ?? this.#free
    freed.push(row)
    this.#version += 1
  }

  /** Until it is thawed by calling what this returns, the rows of today keep their vectors, also when they are removed. */
  freeze(): () => void {
    const reading: Reading = { freed: [] }
    this.#readings.push(reading)
    return () => this.#thaw(reading)
  }

  #thaw(reading: Reading): void {
    const at = this.#readings.indexOf(reading)
    if (at < 0) return
    this.#readings.splice(at, 1)
    const freed = this.#readings[at - 1]?.freed ?? this.#free
    for (const row of reading.freed) freed.push(row)
  }

  #unusedRow(): number {
    const row = this.#nextRow
    this.memory.reserve(row + 1)
    if ((row + 1) * this.dimension > this.#values.length) this.#values = new Float32Array(this.buffer)
    this.#nextRow += 1
    return row
  }
}
