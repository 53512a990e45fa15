import type { HierarchicalNSW } from 'hnswlib-node'
import hnswlib from 'hnswlib-node'
import type { NativeGraph } from './native-graph.ts'

/** hnswlib's own default: the levels of the points come from it. */
const SEED = 100

/** The graph by hnswlib-node as it is, where our own binding could not be compiled: plain arrays in and out. */
export class PlainGraph implements NativeGraph {
  readonly #index: HierarchicalNSW
  /** Its copy is made at once, so one is enough for all searches. */
  readonly #query: number[]

  constructor(dimension: number) {
    this.#index = new hnswlib.HierarchicalNSW('ip', dimension)
    this.#query = new Array<number>(dimension).fill(0)
  }

  create(maxElements: number, m: number, efConstruction: number): void {
    this.#index.initIndex({ maxElements, m, efConstruction, randomSeed: SEED })
  }

  async read(file: string): Promise<void> {
    await this.#index.readIndex(file)
  }

  async write(file: string): Promise<void> {
    await this.#index.writeIndex(file)
  }

  /** It has no other thread. */
  async prepare(): Promise<void> {}

  add(vector: Float32Array, label: number): void {
    this.#index.addPoint(Array.from(vector), label)
  }

  markDelete(label: number): void {
    this.#index.markDelete(label)
  }

  resize(capacity: number): void {
    this.#index.resizeIndex(capacity)
  }

  capacity(): number {
    return this.#index.getMaxElements()
  }

  count(): number {
    return this.#index.getCurrentCount()
  }

  labels(): Uint32Array {
    return this.count() > 0 ? Uint32Array.from(this.#index.getIdsList()) : new Uint32Array()
  }

  point(label: number): Float32Array | undefined {
    try {
      return Float32Array.from(this.#index.getPoint(label))
    } catch {
      return undefined
    }
  }

  setEf(ef: number): void {
    this.#index.setEf(ef)
  }

  search(query: Float32Array, k: number, found: Float64Array): number {
    const { neighbors, distances } = this.#nearest(query, k)
    for (const [at, label] of neighbors.entries()) {
      found[2 * at] = label
      found[2 * at + 1] = distances[at] ?? Number.NaN
    }
    return neighbors.length
  }

  around(query: Float32Array, k: number, labels: Uint32Array): number {
    const { neighbors } = this.#nearest(query, k)
    labels.set(neighbors)
    return neighbors.length
  }

  compared(): undefined {}

  aroundFrom(label: number, k: number, labels: Uint32Array): number | undefined {
    const point = this.point(label)
    return point && this.around(point, k, labels)
  }

  searchFrom(label: number, k: number, found: Float64Array): number | undefined {
    const point = this.point(label)
    return point && this.search(point, k, found)
  }

  searchAhead(): void {}

  aroundAhead(): void {}

  comparedAhead(): void {}

  forgetAhead(): boolean {
    return true
  }

  #nearest(query: Float32Array, k: number) {
    for (let at = 0; at < query.length; at += 1) this.#query[at] = query[at] as number
    return this.#index.searchKnn(this.#query, k)
  }
}
