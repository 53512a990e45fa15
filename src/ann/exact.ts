import type { Neighbour } from '../domain/ports.ts'
import type { VectorMatrix } from './matrix.ts'

export interface ExactQuery {
  readonly vector: Float32Array
  readonly limit: number
  readonly excluded: ReadonlySet<number>
  /** Only these rows; all of them where it is left out. */
  readonly rows?: Iterable<number>
}

/** The best `limit` so far, worst first out: a binary min-heap on similarity, and on key where those are equal. */
class TopK {
  readonly #limit: number
  readonly #heap: Neighbour[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** What a candidate must reach to be worth offering. */
  get threshold(): number {
    return this.#heap.length < this.#limit ? Number.NEGATIVE_INFINITY : (this.#heap[0]?.similarity ?? 0)
  }

  offer(candidate: Neighbour): void {
    const worst = this.#heap[0]
    if (this.#heap.length < this.#limit) {
      this.#heap.push(candidate)
      this.#rise(this.#heap.length - 1)
    } else if (worst && byNearness(candidate, worst) < 0) {
      this.#heap[0] = candidate
      this.#sink(0)
    }
  }

  sorted(): Neighbour[] {
    return this.#heap.sort(byNearness)
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (!a || !b) return
    this.#heap[one] = b
    this.#heap[other] = a
  }

  #worse(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    return a !== undefined && b !== undefined && byNearness(a, b) > 0
  }

  #rise(at: number): void {
    for (let child = at; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.#worse(child, parent)) return
      this.#swap(child, parent)
      child = parent
    }
  }

  #sink(at: number): void {
    for (let parent = at; ; ) {
      const left = 2 * parent + 1
      let worst = this.#worse(left, parent) ? left : parent
      if (this.#worse(left + 1, worst)) worst = left + 1
      if (worst === parent) return
      this.#swap(worst, parent)
      parent = worst
    }
  }
}

/** Nearest first; equal similarities by key, so that an order is always the same. */
export const byNearness = (one: Neighbour, other: Neighbour): number =>
  other.similarity - one.similarity || one.key - other.key

/** Dot product of `query` and the row that begins at `from`; for unit vectors this is the cosine similarity. */
export function dot(query: Float32Array, values: Float32Array, from: number): number {
  // Four independent sums keep the processor's pipelines busy; one sum would wait for itself.
  let [a, b, c, d] = [0, 0, 0, 0]
  const length = query.length
  const whole = length - (length % 4)
  let at = 0
  for (; at < whole; at += 4) {
    a += (query[at] as number) * (values[from + at] as number)
    b += (query[at + 1] as number) * (values[from + at + 1] as number)
    c += (query[at + 2] as number) * (values[from + at + 2] as number)
    d += (query[at + 3] as number) * (values[from + at + 3] as number)
  }
  for (; at < length; at += 1) a += (query[at] as number) * (values[from + at] as number)
  return a + b + c + d
}

function* everyRow(matrix: VectorMatrix): Generator<number> {
  for (let row = 0; row < matrix.rows; row += 1) yield row
}

/** Exact nearest neighbours: compares with every row. The oracle of recall, and the answer while there is no graph. */
export function searchExact(matrix: VectorMatrix, query: ExactQuery): Neighbour[] {
  const { values, dimension } = matrix
  const top = new TopK(query.limit)
  for (const row of query.rows ?? everyRow(matrix)) {
    const key = matrix.keyAt(row)
    if (key < 0) continue
    const similarity = dot(query.vector, values, row * dimension)
    if (similarity >= top.threshold && !query.excluded.has(key)) top.offer({ key, similarity })
  }
  return top.sorted()
}
