import type { Neighbour } from '../domain/vector-index.ts'
import type { VectorMatrix } from './matrix.ts'
import { everyRow } from './row-lists.ts'
import type { Found } from './scanner.ts'

export interface ExactQuery {
  readonly vector: Float32Array
  readonly limit: number
  /** Keys. */
  readonly excluded: ReadonlySet<number>
  /** Only these rows; all of them where it is left out. */
  readonly rows?: Uint32Array | undefined
}

/** Nearest first; equal similarities by key, so that an order is always the same. */
export const byNearness = (one: Neighbour, other: Neighbour): number =>
  other.similarity - one.similarity || one.key - other.key

/** How many of the nearest are asked for, so that as many as wanted are left without the excluded ones. */
export const depthOf = ({ limit, excluded }: ExactQuery): number => limit + excluded.size

/** What a scan, or several of parts of the rows, found for the query. */
export function neighboursOf(matrix: VectorMatrix, query: ExactQuery, parts: readonly Found[]): Neighbour[] {
  const neighbours: Neighbour[] = []
  for (const { rows, similarities } of parts) {
    for (let at = 0; at < rows.length; at += 1) {
      const key = matrix.keyAt(rows[at] as number)
      if (!query.excluded.has(key)) neighbours.push({ key, similarity: similarities[at] as number })
    }
  }
  return neighbours.sort(byNearness).slice(0, query.limit)
}

/** Exact nearest neighbours: no row is left out unseen. The oracle of recall, and the answer while there is no graph. */
export function searchExact(matrix: VectorMatrix, query: ExactQuery): Neighbour[] {
  if (query.limit === 0) return []
  const found = matrix.scanner.nearest(query.vector, query.rows ?? everyRow(matrix), depthOf(query))
  return neighboursOf(matrix, query, [found])
}
