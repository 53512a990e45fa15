import type { Selection } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import type { Neighbour, VectorQuery } from '../domain/vector-index.ts'
import { byNearness, type ExactQuery, searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { HnswGraph } from './hnsw.ts'
import type { VectorMatrix } from './matrix.ts'
import { nearestFirst } from './nearest-first.ts'
import { rowsWithin } from './row-lists.ts'
import type { ScanPool } from './scan-pool.ts'

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

/** An answer that needs an exact search, or its rest. */
interface Unfinished {
  readonly scan: ExactQuery
  readonly finish: (exact: Neighbour[]) => Planned
}

/** Which papers may be in an answer. */
interface Admission {
  readonly excluded: ReadonlySet<number>
  readonly within: Selection | undefined
}

interface WideQuery extends Admission {
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

/** From this part of what a search keeps (1 / n) on it is most of it. */
const MOST_FROM = 2

/**
 * A search that looks at more than this part of the vectors (1 / n), or of those within a filter, takes longer than
 * comparing with each of them (docs/decisions/0035-exact-search.md).
 */
const EXACT_FROM = 48

/** A graph that finds less than this part of the search width (1 / n) within a filter has looked in the wrong place. */
const FEWEST = 4

const admits = ({ excluded, within }: Admission, key: number): boolean =>
  !excluded.has(key) && (within?.has(key) ?? true)

function* rowsOf(matrix: VectorMatrix, labels: Iterable<number>, admission: Admission): Generator<number> {
  for (const label of labels) {
    const row = matrix.rowOfLabel(label)
    if (row !== undefined && admits(admission, matrix.keyAt(row))) yield row
  }
}

/** How the graph is searched: `depth` wide, for the `k` nearest. */
interface Looking {
  readonly matrix: VectorMatrix
  readonly graph: HnswGraph
  readonly depth: number
  readonly k: number
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

/**
 * All rows that such a search keeps: where most of them are wanted, the graph needs not compare with them by itself. Valid
 * until the next search: they stand where the labels stood.
 */
function everyRowNear({ matrix, graph, depth }: Looking, query: WideQuery): Uint32Array {
  const labels = graph.around(query.vector, depth)
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

/** The best of what the graph finds when it looks that wide, and of what it lacks: `limit` of them, at most `width`. */
function searchGraph(searchable: Searchable, follower: GraphFollower, query: WideQuery): Neighbour[] {
  const { matrix } = searchable
  const { vector, width, limit, excluded, within } = query
  // Every hit that may have to be left out is asked for on top.
  const extra = excluded.size + follower.unmarked
  const depth = width + extra
  // Handing results over takes about as long as finding them, so no more are asked for than are likely to be needed.
  const k = within ? depth : Math.min(depth, limit + extra + SPARE)
  const isMost = query.from === undefined && k * MOST_FROM > depth
  const looking = { matrix, graph: follower.graph, depth, k }
  const rows = isMost ? everyRowNear(looking, query) : Uint32Array.from(nearRows(looking, query))
  // Not hnswlib's own values: their last bits differ, and an answer must not change when the graph catches up.
  const found = nearestFirst(matrix, rows, matrix.scanner.similarities(vector, rows))
  if (follower.overlay.size > 0) {
    const lacking = Uint32Array.from(rowsOf(matrix, follower.overlay, query))
    found.push(...searchExact(matrix, { vector, limit: width, excluded, rows: lacking }))
    found.sort(byNearness)
  }
  return found.length > width ? found.slice(0, width) : found
}

/** The neighbours of the paper in a row, where one search of the graph finds as many as are asked for. */
export function searchAtOnce(
  searchable: Searchable & { readonly follower: GraphFollower },
  { row, limit }: { readonly row: number; readonly limit: number },
): Neighbour[] | null {
  const { follower, ef: width, matrix } = searchable
  const excluded = new Set([matrix.keyAt(row)])
  const [vector, from] = [matrix.vectorAt(row), matrix.labelAt(row)]
  const near = searchGraph(searchable, follower, { vector, from, width, limit, excluded, within: undefined })
  return near.length < limit ? null : near.slice(0, limit)
}

/** How many hits there must be: the excluded keys that exist are not among them. */
function available({ matrix }: Searchable, { limit, exclude, within }: VectorQuery): number {
  const isMissing = (key: number) => matrix.rowOfKey(key) !== undefined && (within?.has(key) ?? true)
  const missing = [...new Set(exclude)].filter(isMissing).length
  return Math.min(limit, (within?.size ?? matrix.size) - missing)
}

/** The label that a query's vector is of. A paper may have got another vector since the query was made. */
function labelOf(matrix: VectorMatrix, { of, vector }: Pick<VectorQuery, 'of' | 'vector'>): number | undefined {
  const row = of === undefined ? undefined : matrix.rowOfKey(of)
  if (row === undefined) return undefined
  const own = matrix.vectorAt(row)
  for (let at = 0; at < own.length; at += 1) if (own[at] !== vector[at]) return undefined
  return matrix.labelAt(row)
}

/** So wide that, where the filter is evenly spread, as many of the hits match as a search without it looks at. */
const widthWithin = (within: Selection, size: number, ef: number): number =>
  Math.ceil((ef * size) / Math.max(1, within.size))

/**
 * Adds what a wider search found. It comes behind what a narrower one found, so that a longer answer begins with the
 * shorter one of the same query: an approximate search that is simply repeated wider would show a paper on two pages or
 * on none.
 */
function addBehind(found: Map<number, Neighbour>, wider: readonly Neighbour[]): void {
  for (const each of wider) if (!found.has(each.key)) found.set(each.key, each)
}

/** A first search of the graph, and how to go on from there. */
interface Narrow {
  readonly near: readonly Neighbour[]
  readonly width: number
  readonly isWide: (width: number) => boolean
  readonly search: (width: number) => Neighbour[]
}

/** What the graph finds as it looks wider and wider: `wanted` hits, or those it finds before it is too wide. */
function widen({ near, width, isWide, search }: Narrow, wanted: number): Map<number, Neighbour> {
  const found = new Map(near.map((each) => [each.key, each]))
  for (let wider = 2 * width; found.size < wanted && !isWide(wider); wider *= 2) addBehind(found, search(wider))
  return found
}

/**
 * Answers by the graph where there is one, and exactly where it is asked for or the graph gave fewer hits than exist.
 * Within a filter the graph is asked for more, and what does not match is left out. The answer is exact where that
 * costs more than comparing with every match, and where the graph finds few of them near the query: what it finds
 * among far neighbours it finds less surely.
 *
 * Which way is taken never depends on `limit`, so that pages agree.
 */
function plan(searchable: Searchable, query: VectorQuery): Planned | Unfinished {
  const { follower, matrix } = searchable
  const { vector, limit, within } = query
  const excluded = new Set(query.exclude)
  const unfinished = (finish: Unfinished['finish']): Unfinished => ({
    scan: { vector, limit, excluded, rows: within && rowsWithin(matrix, within) },
    finish,
  })
  const exact = () => unfinished((neighbours) => ({ neighbours, plan: 'exact' }))
  const ef = Math.max(query.ef ?? searchable.ef, query.leastEf ?? 0)
  const isWide = (width: number) => width * EXACT_FROM > (within?.size ?? matrix.size)
  const width = within ? widthWithin(within, matrix.size, ef) : ef
  if (!follower || query.exact || (within && isWide(width))) return exact()
  const fewest = within ? Math.ceil(ef / FEWEST) : 0
  const least = Math.max(limit, fewest)
  const from = labelOf(matrix, query)
  const search = (wide: number) =>
    searchGraph(searchable, follower, { vector, from, width: wide, limit: least, excluded, within })
  const near = search(width)
  if (near.length < fewest) return exact()
  const planned = (found: readonly Neighbour[]): Planned => ({
    neighbours: found.slice(0, limit),
    plan: within ? 'ann-filtered' : 'ann',
  })
  const wanted = available(searchable, query)
  if (near.length >= wanted) return planned(near)
  const found = widen({ near, width, isWide, search }, wanted)
  if (found.size >= wanted) return planned([...found.values()])
  return unfinished((all) => {
    addBehind(found, all)
    return planned([...found.values()])
  })
}

/** What the graph tells; null where an exact search is needed. */
export function planAtOnce(searchable: Searchable, query: VectorQuery): Planned | null {
  const planned = plan(searchable, query)
  return 'scan' in planned ? null : planned
}

/** Searches on this thread, however long it takes. */
export function planSearch(searchable: Searchable, query: VectorQuery): Planned {
  const planned = plan(searchable, query)
  return 'scan' in planned ? planned.finish(searchExact(searchable.matrix, planned.scan)) : planned
}

/** Leaves an exact search that takes long to other threads; everything else is answered at once. */
export function planSearchAside(
  searchable: Searchable,
  query: VectorQuery,
  pool: ScanPool,
): Planned | Promise<Planned> {
  const planned = plan(searchable, query)
  if (!('scan' in planned)) return planned
  const found = pool.search(searchable.matrix, planned.scan)
  return found instanceof Promise ? found.then(planned.finish) : planned.finish(found)
}
