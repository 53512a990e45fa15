import type { Neighbour } from '../domain/vector-index.ts'

/**
 * Adds what a wider search found. It comes behind what a narrower one found, so that a longer answer begins with the
 * shorter one of the same query: an approximate search that is simply repeated wider would show a paper on two pages or
 * on none.
 */
export function addBehind(found: Map<number, Neighbour>, wider: readonly Neighbour[]): void {
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
export function widen({ near, width, isWide, search }: Narrow, wanted: number): Map<number, Neighbour> {
  const found = new Map(near.map((each) => [each.key, each]))
  for (let wider = 2 * width; found.size < wanted && !isWide(wider); wider *= 2) addBehind(found, search(wider))
  return found
}
