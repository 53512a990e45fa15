import { membersOf, silhouette, sphericalKMeans } from './k-means.ts'

/** More interests than half a page can show would each get no place. */
const MAX_INTERESTS = 6
/** A split that tells the seeds apart less than this is none. */
const MIN_SILHOUETTE = 0.05
/**
 * Seeds that are on average less alike than this have no centre. Measured with the vendored model on the papers that
 * answer one question of ../shared/eval: 98 % of the pairs lie above.
 */
const MIN_COHESION = 0.25

/** Seeds that are on average more alike than this are one interest. */
const ONE_INTEREST = 0.65

function meanLikeness(gram: readonly Float64Array[], items: readonly number[]): number {
  const pairs = items.flatMap((one, at) => items.slice(at + 1).map((other) => gram[one]?.[other] ?? 0))
  return pairs.length === 0 ? 1 : pairs.reduce((sum, alike) => sum + alike, 0) / pairs.length
}

/** The split with the best silhouette; one group where none is good enough. */
function split(gram: readonly Float64Array[]): number[][] {
  const all = gram.map((_, item) => item)
  if (meanLikeness(gram, all) >= ONE_INTEREST) return [all]
  let best = { groups: gram.map(() => 0) as readonly number[], value: MIN_SILHOUETTE }
  for (let k = 2; k <= Math.min(MAX_INTERESTS, gram.length - 1); k += 1) {
    const groups = sphericalKMeans(gram, k)
    const value = groups ? silhouette(gram, groups) : 0
    if (groups && value > best.value) best = { groups, value }
  }
  return [...new Set(best.groups)].map((group) => membersOf(best.groups, group))
}

/**
 * Groups seeds by how alike each two are, 0..1: their indices, a group an interest, in the order of their first seeds.
 * One seed is one interest, and so are two that are alike; two that are far apart are two.
 */
export function interestsOf(likeness: readonly Float64Array[]): number[][] {
  return split(likeness)
    .flatMap((items) => (meanLikeness(likeness, items) < MIN_COHESION ? items.map((item) => [item]) : [items]))
    .toSorted((one, other) => (one[0] ?? 0) - (other[0] ?? 0))
}
