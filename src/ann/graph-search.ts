import type { Selection } from '../domain/ports.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import { byNearness, searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { HnswGraph } from './hnsw.ts'
import type { VectorMatrix } from './matrix.ts'
import { nearestFirst } from './nearest-first.ts'

/** Which papers may be in an answer. */
interface Admission {
  readonly excluded: ReadonlySet<number>
  readonly within: Selection | undefined
}

export interface WideQuery extends Admission {
  readonly vector: Float32Array
  /** The label whose vector it is, if it is one's. */
  readonly from: number | undefined
  readonly width: number
  /** How many of the width are needed. */
  readonly limit: number
}

/** More than hnswlib's similarities, in single precision, can be off: what is nearer than that may change places. */
const ROUNDING = 1e-5

/** Results beyond those that are wanted, to see that the next one is surely farther. */
const SPARE = 4

const admits = ({ excluded, within }: Admission, key: number): boolean =>
  (within?.has(key) ?? true) && !excluded.has(key)

function* rowsOf(matrix: VectorMatrix, labels: Iterable<number>, admission: Admission): Generator<number> {
  for (const label of labels) {
    const row = matrix.rowOfLabel(label)
    if (row !== undefined && admits(admission, matrix.keyAt(row))) yield row
  }
}

/** The graph is searched `depth` wide, for the `k` nearest. */
interface Depths {
  readonly depth: number
  readonly k: number
}

interface Looking extends Depths {
  readonly matrix: VectorMatrix
  readonly graph: HnswGraph
}

/** Rows that the graph finds near, down to those that rounding could put among the first `limit`; it looks `depth` wide. */
function nearRows({ matrix, graph, depth, k }: Looking, query: WideQuery): number[] {
  const { vector, limit, from } = query
  const rows: number[] = []
  let cut = Number.NEGATIVE_INFINITY
  for (const { label, similarity } of graph.search(vector, k, { ef: depth, from })) {
    if (similarity < cut) return rows
    const row = matrix.rowOfLabel(label)
    if (row === undefined || !admits(query, matrix.keyAt(row))) continue
    rows.push(row)
    if (rows.length === limit) cut = similarity - ROUNDING
  }
  // Everything that came back may count, so more may: all that was looked at, then.
  return k < depth ? nearRows({ matrix, graph, depth, k: depth }, query) : rows
}

/** All rows that such a search keeps. Valid until the next search: they stand where the labels stood. */
function everyRowNear({ matrix, graph, depth }: Looking, query: WideQuery): Uint32Array {
  const labels = graph.around(query.vector, depth, query.from)
  const admitsAll = query.excluded.size === 0 && !query.within
  let count = 0
  for (let at = 0; at < labels.length; at += 1) {
    const row = matrix.rowOfLabel(labels[at] as number)
    if (row === undefined || !(admitsAll || admits(query, matrix.keyAt(row)))) continue
    labels[count] = row
    count += 1
  }
  return count === labels.length ? labels : labels.subarray(0, count)
}

/** How wide the graph is searched for a query, and how many of what it finds are asked for. */
function depthsOf(follower: GraphFollower, { width, limit, excluded }: WideQuery): Depths {
  // Every hit that may have to be left out is asked for on top.
  const extra = excluded.size + follower.unmarked
  const depth = width + extra
  // Handing results over takes about as long as finding them, so no more are asked for than are likely to be needed.
  return { depth, k: Math.min(depth, limit + extra + SPARE) }
}

/**
 * Whether the graph itself compares with what it keeps and gives the nearest of it: of the many that are near a stored paper
 * few are wanted. Otherwise it gives all, which are compared with anyway, by two threads.
 */
const comparesItself = ({ from, within }: WideQuery): boolean => within === undefined && from !== undefined

/** The best of what the graph finds when it looks that wide, and of what it lacks: `limit` of them, at most `width`. */
export function searchGraph(matrix: VectorMatrix, follower: GraphFollower, query: WideQuery): Neighbour[] {
  const { vector, width, limit, excluded, within } = query
  const depths = depthsOf(follower, query)
  const looking = { matrix, graph: follower.graph, ...depths }
  const rows = comparesItself(query) ? Uint32Array.from(nearRows(looking, query)) : everyRowNear(looking, query)
  // Not by hnswlib's own values: their last bits differ, and an answer must not change when the graph catches up.
  const found = within
    ? searchExact(matrix, { vector, limit, excluded, rows })
    : nearestFirst(matrix, { vector, rows, limit })
  if (follower.overlay.size > 0) {
    const lacking = Uint32Array.from(rowsOf(matrix, follower.overlay, query))
    found.push(...searchExact(matrix, { vector, limit: width, excluded, rows: lacking }))
    found.sort(byNearness)
  }
  return found.length > width ? found.slice(0, width) : found
}

/** Lets another thread begin with what `searchGraph` will ask the graph for this. */
export function searchGraphAhead(follower: GraphFollower, query: WideQuery): void {
  const { graph } = follower
  const { vector, from } = query
  const depths = depthsOf(follower, query)
  if (from !== undefined && comparesItself(query)) graph.searchAhead(from, depths.k, depths.depth)
  else graph.aroundAhead(vector, depths.depth, from)
}
