import type { Selection } from '../domain/ports.ts'
import type { Neighbour } from '../domain/vector-index.ts'
import { byNearness, searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { HnswGraph } from './hnsw.ts'
import type { VectorMatrix } from './matrix.ts'
import { NearestFirst, nearestFirst } from './nearest-first.ts'

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

/** The best that the graph finds, as it compares with all that it keeps; null where it cannot. */
function nearestCompared({ matrix, graph, depth }: Looking, query: WideQuery): Neighbour[] | null {
  const compared = graph.compared(query.vector, depth)
  if (!compared) return null
  const nearest = new NearestFirst(query.limit)
  for (let at = 0; at < compared.length; at += 2) {
    const row = matrix.rowOfLabel(compared[at] as number)
    if (row === undefined) continue
    const key = matrix.keyAt(row)
    if (admits(query, key) && !nearest.add(key, compared[at + 1] as number)) break
  }
  return nearest.found()
}

/** How wide the graph is searched for a query, and how many of what it finds are asked for. */
function depthsOf(follower: GraphFollower, { width, limit, excluded }: WideQuery): Depths {
  // Every hit that may have to be left out is asked for on top.
  const extra = excluded.size + follower.unmarked
  const depth = width + extra
  // Handing results over takes about as long as finding them, so no more are asked for than are likely to be needed.
  return { depth, k: Math.min(depth, limit + extra + SPARE) }
}

/** The best of what the graph finds, nearest first. */
function nearestOf(looking: Looking, query: WideQuery): Neighbour[] {
  const { matrix } = looking
  const { vector, limit, excluded, within, from } = query
  // Most of what it keeps does not match: only what does is compared with.
  if (within) return searchExact(matrix, { vector, limit, excluded, rows: everyRowNear(looking, query) })
  // Of the many that are near a stored paper few are wanted: the graph says which they may be. Not by hnswlib's own values:
  // their last bits differ, and an answer must not change when the graph catches up.
  if (from !== undefined)
    return nearestFirst(matrix, { vector, rows: Uint32Array.from(nearRows(looking, query)), limit })
  return nearestCompared(looking, query) ?? nearestFirst(matrix, { vector, rows: everyRowNear(looking, query), limit })
}

/** The best of what the graph finds when it looks that wide, and of what it lacks: `limit` of them, at most `width`. */
export function searchGraph(matrix: VectorMatrix, follower: GraphFollower, query: WideQuery): Neighbour[] {
  const { vector, width, excluded } = query
  const depths = depthsOf(follower, query)
  const found = nearestOf({ matrix, graph: follower.graph, ...depths }, query)
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
  const { vector, from, within } = query
  const { k, depth } = depthsOf(follower, query)
  if (within) graph.aroundAhead(vector, depth, from)
  else if (from !== undefined) graph.searchAhead(from, k, depth)
  else graph.comparedAhead(vector, depth)
}
