import type { Selection } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import type { Neighbour, VectorQuery } from '../domain/vector-index.ts'
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

/** Which papers may be in an answer. */
interface Admission {
  readonly excluded: ReadonlySet<number>
  readonly within: Selection | undefined
}

interface WideQuery extends Admission {
  readonly vector: Float32Array
  readonly width: number
  /** How many of the width are needed. */
  readonly limit: number
}

/** More than hnswlib's similarities, in single precision, can be off: what is nearer than that may change places. */
const ROUNDING = 1e-5

/** A search that walks more than this part of the graph (1 / n) is slower than comparing with every vector. */
const EXACT_FROM = 8
/**
 * The same within a filter, where only the matches would be compared. Measured for recall as much as for time
 * (docs/decisions/0014-filter-planner.md).
 */
const EXACT_WITHIN_FROM = 4

const admits = ({ excluded, within }: Admission, key: number): boolean =>
  !excluded.has(key) && (within?.has(key) ?? true)

function* rowsOf(matrix: VectorMatrix, labels: Iterable<number>, admission: Admission): Generator<number> {
  for (const label of labels) {
    const row = matrix.rowOfLabel(label)
    if (row !== undefined && admits(admission, matrix.keyAt(row))) yield row
  }
}

function* rowsWithin(matrix: VectorMatrix, within: Selection): Generator<number> {
  for (const key of within.keys()) {
    const row = matrix.rowOfKey(key)
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
    if (row === undefined || !admits(query, matrix.keyAt(row))) continue
    // Not hnswlib's own value: its last bits differ, and an answer must not change when the graph catches up.
    found.push({ key: matrix.keyAt(row), similarity: dot(vector, matrix.values, row * matrix.dimension) })
    if (found.length === limit) cut = similarity - ROUNDING
  }
  if (follower.overlay.size > 0) {
    found.push(
      ...searchExact(matrix, { vector, limit: width, excluded, rows: rowsOf(matrix, follower.overlay, query) }),
    )
  }
  return found.sort(byNearness).slice(0, width)
}

/** How many hits there must be: the excluded keys that exist are not among them. */
function available({ matrix }: Searchable, { limit, exclude, within }: VectorQuery): number {
  const isMissing = (key: number) => matrix.rowOfKey(key) !== undefined && (within?.has(key) ?? true)
  const missing = [...new Set(exclude)].filter(isMissing).length
  return Math.min(limit, (within?.size ?? matrix.size) - missing)
}

/** So wide that, where the filter is evenly spread, as many of the hits match as a search without it looks at. */
const widthWithin = (within: Selection, size: number, ef: number): number =>
  Math.ceil((ef * size) / Math.max(1, within.size))

/**
 * Finds `wanted` hits, wider each time. What a wider search adds comes behind what a narrower one found, so that a
 * longer answer begins with the shorter one of the same query: an approximate search that is simply repeated wider
 * would show a paper on two pages or on none.
 */
function widen(near: readonly Neighbour[], steps: Iterable<readonly Neighbour[]>, wanted: number): Neighbour[] {
  if (near.length >= wanted) return [...near]
  const found = new Map(near.map((each) => [each.key, each]))
  for (const step of steps) {
    for (const each of step) if (!found.has(each.key)) found.set(each.key, each)
    if (found.size >= wanted) break
  }
  return [...found.values()]
}

/**
 * Answers by the graph where there is one, and exactly where it is asked for or the graph gave fewer hits than exist.
 * Within a filter the graph is asked for more, and what does not match is left out. The answer is exact where that
 * costs more than comparing with every match, and where the graph finds few of them near the query: what it finds
 * among far neighbours it finds less surely.
 *
 * Which way is taken never depends on `limit`, so that pages agree.
 */
export function planSearch(searchable: Searchable, query: VectorQuery): Planned {
  const { follower, matrix } = searchable
  const { vector, limit, within } = query
  const excluded = new Set(query.exclude)
  const exactly = () =>
    searchExact(matrix, { vector, limit, excluded, ...(within && { rows: rowsWithin(matrix, within) }) })
  const exact = (): Planned => ({ neighbours: exactly(), plan: 'exact' })
  const ef = Math.max(query.ef ?? searchable.ef, query.leastEf ?? 0)
  const isWide = (width: number) =>
    within ? width * EXACT_WITHIN_FROM > within.size : width * EXACT_FROM > matrix.size
  const narrowest = within ? widthWithin(within, matrix.size, ef) : ef
  if (!follower || query.exact || (within && isWide(narrowest))) return exact()
  const fewest = within ? Math.ceil(ef / 2) : 0
  const least = Math.max(limit, fewest)
  const widened = (width: number) =>
    searchGraph(searchable, follower, { vector, width, limit: least, excluded, within })
  const near = widened(narrowest)
  if (near.length < fewest) return exact()
  function* wider() {
    let width = 2 * narrowest
    for (; !isWide(width); width *= 2) yield widened(width)
    yield exactly()
  }
  const neighbours = widen(near, wider(), available(searchable, query)).slice(0, limit)
  return { neighbours, plan: within ? 'ann-filtered' : 'ann' }
}
