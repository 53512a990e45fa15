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

interface WideQuery {
  readonly vector: Float32Array
  readonly width: number
  /** How many of the width are needed. */
  readonly limit: number
  readonly excluded: ReadonlySet<number>
}

/** More than hnswlib's similarities, in single precision, can be off: what is nearer than that may change places. */
const ROUNDING = 1e-5

/** A search that walks more than this part of the graph (1 / n) is slower than comparing with every vector. */
const EXACT_FROM = 8

function* rowsOf(matrix: VectorMatrix, labels: Iterable<number>): Generator<number> {
  for (const label of labels) {
    const row = matrix.rowOfLabel(label)
    if (row !== undefined) yield row
  }
}

/** The best of what the graph finds when it looks that wide, and of what it lacks: `limit` of them, at most `width`. */
function searchGraph(searchable: Searchable, follower: GraphFollower, query: WideQuery): Neighbour[] {
  const { matrix } = searchable
  const { vector, width, limit, excluded } = query
  // Every hit that may have to be left out is asked for on top.
  const depth = width + excluded.size + follower.unmarked
  const found: Neighbour[] = []
  let cut = Number.NEGATIVE_INFINITY
  for (const { label, similarity } of follower.graph.search(vector, depth, depth)) {
    if (similarity < cut) break
    const row = matrix.rowOfLabel(label)
    if (row === undefined || excluded.has(matrix.keyAt(row))) continue
    // Not hnswlib's own value: its last bits differ, and an answer must not change when the graph catches up.
    found.push({ key: matrix.keyAt(row), similarity: dot(vector, matrix.values, row * matrix.dimension) })
    if (found.length === limit) cut = similarity - ROUNDING
  }
  if (follower.overlay.size > 0) {
    found.push(...searchExact(matrix, { vector, limit: width, excluded, rows: rowsOf(matrix, follower.overlay) }))
  }
  return found.sort(byNearness).slice(0, width)
}

/** How many hits there must be: the excluded keys that exist are not among them. */
function available({ matrix }: Searchable, query: VectorQuery): number {
  const missing = [...new Set(query.exclude)].filter((key) => matrix.rowOfKey(key) !== undefined).length
  return Math.min(query.limit, matrix.size - missing)
}

/**
 * Answers by the graph where there is one, and exactly where it is asked for or the graph gave fewer hits than exist.
 *
 * What a wider search adds comes behind what a narrower one found, so that a longer answer begins with the shorter one
 * of the same query: an approximate search that is simply repeated wider would show a paper on two pages or on none.
 */
export function planSearch(searchable: Searchable, query: VectorQuery): Planned {
  const { follower, matrix, ef } = searchable
  const { vector, limit } = query
  const excluded = new Set(query.exclude)
  const exactly = () => searchExact(matrix, { vector, limit, excluded })
  if (!follower || query.exact) return { neighbours: exactly(), plan: 'exact' }
  const widened = (width: number) => searchGraph(searchable, follower, { vector, width, limit, excluded })
  const wanted = available(searchable, query)
  const narrowest = query.ef ?? ef
  const near = widened(narrowest)
  if (near.length >= wanted) return { neighbours: near.slice(0, limit), plan: 'ann' }
  const found = new Map(near.map((each) => [each.key, each]))
  for (let width = 2 * narrowest; found.size < wanted; width *= 2) {
    const wide = width * EXACT_FROM > matrix.size
    for (const each of wide ? exactly() : widened(width)) if (!found.has(each.key)) found.set(each.key, each)
    if (wide) break
  }
  return { neighbours: [...found.values()].slice(0, limit), plan: 'ann' }
}
