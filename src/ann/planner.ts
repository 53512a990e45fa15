import type { Selection } from '../domain/ports.ts'
import type { Plan } from '../domain/query.ts'
import type { Neighbour, VectorQuery } from '../domain/vector-index.ts'
import { type ExactQuery, searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import { searchGraph, searchGraphAhead, type WideQuery } from './graph-search.ts'
import type { VectorMatrix } from './matrix.ts'
import { rowsWithin } from './row-lists.ts'
import type { ScanPool } from './scan-pool.ts'
import { addBehind, widen } from './widen.ts'

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

/**
 * A search that looks at more than this part of the vectors (1 / n), or of those within a filter, takes longer than
 * comparing with each of them (docs/decisions/0035-exact-search.md).
 */
const EXACT_FROM = 48

/** A graph that finds less than this part of the search width (1 / n) within a filter has looked in the wrong place. */
const FEWEST = 4

/** The neighbours of a paper, as its index has it now, where one search of the graph finds as many as are asked for. */
export function searchAtOnce(
  { follower, ef: width, matrix }: Searchable & { readonly follower: GraphFollower },
  { vector, of, limit, exclude }: VectorQuery & { readonly of: number },
): Neighbour[] | null {
  const excluded = new Set(exclude)
  const from = matrix.labelOfKey(of)
  const near = searchGraph(matrix, follower, { vector, from, width, limit, excluded, within: undefined })
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

/** How the graph is looked at first for a query, and what says how to go on. */
interface FirstLook {
  readonly follower: GraphFollower
  readonly look: WideQuery
  /** Fewer than this within the filter show that the graph looked in the wrong place. */
  readonly fewest: number
  readonly isWide: (width: number) => boolean
}

/** Null where the graph is not asked. */
function firstLook({ follower, matrix, ef: usual }: Searchable, query: VectorQuery): FirstLook | null {
  const { vector, limit, within } = query
  const ef = Math.max(query.ef ?? usual, query.leastEf ?? 0)
  const isWide = (width: number) => width * EXACT_FROM > (within?.size ?? matrix.size)
  const width = within ? widthWithin(within, matrix.size, ef) : ef
  if (!follower || query.exact || (within && isWide(width))) return null
  const fewest = within ? Math.ceil(ef / FEWEST) : 0
  const excluded = new Set(query.exclude)
  const look = { vector, from: labelOf(matrix, query), width, limit: Math.max(limit, fewest), excluded, within }
  return { follower, look, fewest, isWide }
}

/** Lets another thread begin with what the graph will be asked for a query; false where it is an exact search instead. */
export function planAhead(searchable: Searchable, query: VectorQuery): boolean {
  const first = firstLook(searchable, query)
  if (first) searchGraphAhead(first.follower, first.look)
  else searchable.matrix.scanner.expectWork()
  return first !== null
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
  const { matrix } = searchable
  const { vector, limit, within } = query
  const first = firstLook(searchable, query)
  const excluded = new Set(query.exclude)
  const unfinished = (finish: Unfinished['finish']): Unfinished => ({
    scan: { vector, limit, excluded, rows: within && rowsWithin(matrix, within) },
    finish,
  })
  const exact = () => unfinished((neighbours) => ({ neighbours, plan: 'exact' }))
  if (!first) return exact()
  const { follower, fewest, isWide, look } = first
  const { width } = look
  const search = (wide: number) => searchGraph(matrix, follower, { ...look, width: wide })
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

/** What the graph tells, or an exact search of little work; null where there is more to do. */
export function planAtOnce(searchable: Searchable, query: VectorQuery, pool: ScanPool): Planned | null {
  const planned = plan(searchable, query)
  if (!('scan' in planned)) return planned
  const found = pool.searchAtOnce(searchable.matrix, planned.scan)
  return found && planned.finish(found)
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
