import { createRandom } from '../evaluate/random.ts'

/** Of each item its group, 0..k−1. */
export type Assignment = readonly number[]

const RESTARTS = 32
const MAX_ROUNDS = 50

export const membersOf = (groups: Assignment, group: number): number[] =>
  groups.flatMap((each, item) => (each === group ? [item] : []))

/** The cosine of every item to the mean of a group: what they have in common over the length of the mean. */
function toCentroid(gram: readonly Float64Array[], members: readonly number[]): Float64Array {
  const sums = gram.map((row) => members.reduce((sum, member) => sum + (row[member] ?? 0), 0))
  const square = members.reduce((sum, member) => sum + (sums[member] ?? 0), 0)
  const length = Math.sqrt(Math.max(square, Number.EPSILON))
  return Float64Array.from(sums, (sum) => sum / length)
}

interface Clustering {
  readonly groups: Assignment
  /** The sum of the cosines of the items to their centroids. */
  readonly cohesion: number
}

/** Gives every item to the nearest group, the first of equals. */
function assign(gram: readonly Float64Array[], nearness: readonly Float64Array[]): Clustering {
  let cohesion = 0
  const groups = gram.map((_, item) => {
    let best = 0
    nearness.forEach((group, at) => {
      if ((group[item] ?? 0) > (nearness[best]?.[item] ?? 0)) best = at
    })
    cohesion += nearness[best]?.[item] ?? 0
    return best
  })
  return { groups, cohesion }
}

function settle(gram: readonly Float64Array[], starts: readonly number[]): Clustering {
  let found = assign(
    gram,
    starts.map((start) => toCentroid(gram, [start])),
  )
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const nearness = starts.map((_, group) => toCentroid(gram, membersOf(found.groups, group)))
    const next = assign(gram, nearness)
    const same = next.groups.every((group, item) => group === found.groups[item])
    found = next
    if (same) break
  }
  return found
}

function draw(random: () => number, count: number, k: number): number[] {
  const items = Array.from({ length: count }, (_, item) => item)
  for (let at = 0; at < k; at += 1) {
    const other = at + Math.floor(random() * (count - at))
    const [one, two] = [items[at] ?? 0, items[other] ?? 0]
    items[at] = two
    items[other] = one
  }
  return items.slice(0, k)
}

/**
 * Spherical k-means (Dhillon and Modha, "Concept Decompositions for Large Sparse Text Data Using Clustering", 2001): the
 * best of seeded random starts, by the sum of cosines to the centroids. It works on the items' cosines to each other,
 * of which the cosines to centroids follow, so that no start costs more than a few thousand additions.
 *
 * Null where every start left a group empty. The same items in the same order always give the same groups.
 */
export function sphericalKMeans(gram: readonly Float64Array[], k: number): Assignment | null {
  const random = createRandom(k)
  let best: Clustering | null = null
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    const found = settle(gram, draw(random, gram.length, k))
    if (new Set(found.groups).size === k && found.cohesion > (best?.cohesion ?? 0)) best = found
  }
  return best?.groups ?? null
}

/**
 * Mean silhouette (Rousseeuw, "Silhouettes: a graphical aid …", 1987) with 1 − cosine as the distance: −1..1, higher
 * where items are nearer to their own group than to the next. An item that is alone in its group counts 0.
 */
export function silhouette(gram: readonly Float64Array[], groups: Assignment): number {
  const members = [...new Set(groups)].map((group) => ({ group, items: membersOf(groups, group) }))
  const meanDistance = (item: number, others: readonly number[]): number =>
    others.reduce((sum, other) => sum + 1 - (gram[item]?.[other] ?? 0), 0) / others.length
  const values = groups.map((own, item) => {
    const mates = membersOf(groups, own).filter((other) => other !== item)
    if (mates.length === 0) return 0
    const inside = meanDistance(item, mates)
    const outside = Math.min(
      ...members.filter(({ group }) => group !== own).map(({ items }) => meanDistance(item, items)),
    )
    return (outside - inside) / Math.max(inside, outside, Number.EPSILON)
  })
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
