import type { Neighbour, VectorQuery } from '../domain/vector-index.ts'

/** A page, and what a caller may ask for on top. */
const FIRST = 12
/** As wide a search finds the nearest hundred in one go; from there on the planner widens it. */
const SECOND_EF = 128
/** A search of this width keeps its order for as many hits as most callers ask for. */
const WIDE_EF = 64

interface Found {
  readonly neighbours: readonly Neighbour[]
}

/** Whether one search, `ef` wide, answers the query. */
export function isOneStage(query: VectorQuery, ef: number): boolean {
  const isNarrow = query.ef === undefined && !query.within && !query.exact && Math.max(ef, query.leastEf ?? 0) < WIDE_EF
  return !isNarrow || query.limit <= FIRST
}

/**
 * Only the first hits of a narrow search are sure. A longer answer has them in front and the hits of a wider search
 * behind them, so that it begins with the shorter one of the same query and is nearest first but for what the narrow
 * search missed. `ef` is the width that the query is searched with.
 */
export async function inStages<Answer extends Found>(
  query: VectorQuery,
  ef: number,
  search: (query: VectorQuery) => Answer | Promise<Answer>,
): Promise<Answer> {
  if (isOneStage(query, ef)) return search(query)
  // Both begin in the same turn, so that they see the same papers.
  const begun = [search({ ...query, limit: FIRST }), search({ ...query, leastEf: SECOND_EF })] as const
  const [first, { neighbours }] = await Promise.all(begun)
  const keys = new Set(first.neighbours.map(({ key }) => key))
  const further = neighbours.filter(({ key }) => !keys.has(key))
  return { ...first, neighbours: [...first.neighbours, ...further].slice(0, query.limit) }
}
