import { TopK } from '../domain/top-k.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import type { VectorMatrix } from './matrix.ts'

export interface ExactQuery {
  readonly vector: Float32Array
  readonly limit: number
  readonly excluded: ReadonlySet<number>
  /** Only these rows; all of them where it is left out. */
  readonly rows?: Iterable<number>
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
  const top = new TopK(query.limit, byNearness)
  for (const row of query.rows ?? everyRow(matrix)) {
    const key = matrix.keyAt(row)
    if (key < 0) continue
    const similarity = dot(query.vector, values, row * dimension)
    if (similarity >= (top.toBeat?.similarity ?? Number.NEGATIVE_INFINITY) && !query.excluded.has(key))
      top.offer({ key, similarity })
  }
  return top.sorted()
}
