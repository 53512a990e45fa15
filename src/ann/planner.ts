import type { Neighbour, VectorQuery } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import { byNearness, dot, searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { VectorMatrix } from './matrix.ts'

export interface Searchable {
  readonly matrix: VectorMatrix
  /** Null while there is no graph. */
  readonly follower: GraphFollower | null
  /** Search width where the query names none. */
  readonly ef: number
}

interface Planned {
  readonly neighbours: Neighbour[]
  readonly plan: Plan
}

function* rowsOf(matrix: VectorMatrix, labels: Iterable<number>): Generator<number> {
  for (const label of labels) {
    const row = matrix.rowOfLabel(label)
    if (row !== undefined) yield row
  }
}

function searchGraph({ matrix, ef }: Searchable, follower: GraphFollower, query: VectorQuery): Neighbour[] {
  const excluded = new Set(query.exclude)
  // Every hit that may have to be left out is asked for on top.
  const depth = query.limit + excluded.size + follower.unmarked
  const found: Neighbour[] = []
  for (const { label } of follower.graph.search(query.vector, depth, Math.max(query.ef ?? ef, depth))) {
    const row = matrix.rowOfLabel(label)
    if (row === undefined || excluded.has(matrix.keyAt(row))) continue
    // Not hnswlib's own value: its last bits differ, and an answer must not change when the graph catches up.
    found.push({ key: matrix.keyAt(row), similarity: dot(query.vector, matrix.values, row * matrix.dimension) })
  }
  if (follower.overlay.size > 0) {
    const rows = rowsOf(matrix, follower.overlay)
    found.push(...searchExact(matrix, { vector: query.vector, limit: query.limit, excluded, rows }))
  }
  return found.sort(byNearness).slice(0, query.limit)
}

/** How many hits there must be: the excluded keys that exist are not among them. */
function available({ matrix }: Searchable, query: VectorQuery): number {
  const excluded = new Set(query.exclude)
  const missing = [...excluded].filter((key) => matrix.rowOfKey(key) !== undefined).length
  return Math.min(query.limit, matrix.size - missing)
}

/** Answers by the graph where there is one, and exactly where it is asked for or the graph gave fewer hits than exist. */
export function planSearch(searchable: Searchable, query: VectorQuery): Planned {
  const { follower, matrix } = searchable
  if (follower && !query.exact) {
    const neighbours = searchGraph(searchable, follower, query)
    if (neighbours.length >= available(searchable, query)) return { neighbours, plan: 'ann' }
  }
  const excluded = new Set(query.exclude)
  return { neighbours: searchExact(matrix, { vector: query.vector, limit: query.limit, excluded }), plan: 'exact' }
}
