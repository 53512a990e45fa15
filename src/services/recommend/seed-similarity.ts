import type { Deps } from '../deps.ts'
import type { Seed, Seeds } from './strategy.ts'

/** Of each paper the greatest similarity to any of the seeds, −∞ where there are none; NaN where a paper is gone. */
async function greatest(deps: Deps, seeds: readonly Seed[], keys: readonly number[]): Promise<number[]> {
  const lists = await Promise.all(seeds.map(({ vector }) => deps.index.similarities(vector, keys)))
  return keys.map((_, at) =>
    lists.reduce((best, list) => Math.max(best, list[at] ?? Number.NaN), Number.NEGATIVE_INFINITY),
  )
}

export interface SeedSimilarity {
  readonly key: number
  /** The greatest similarity to a positive, −∞ without positives. */
  readonly like: number
  /** The greatest similarity to a negative, −∞ without negatives. */
  readonly unlike: number
}

/** How near papers are to the seeds. Papers deleted meanwhile are left out. */
export async function seedSimilarities(deps: Deps, seeds: Seeds, keys: readonly number[]): Promise<SeedSimilarity[]> {
  const [likes, unlikes] = await Promise.all([
    greatest(deps, seeds.positive, keys),
    greatest(deps, seeds.negative, keys),
  ])
  return keys.flatMap((key, at) => {
    const [like, unlike] = [likes[at] ?? Number.NaN, unlikes[at] ?? Number.NaN]
    return Number.isNaN(like) || Number.isNaN(unlike) ? [] : [{ key, like, unlike }]
  })
}

/** The positive that each paper is most like, the first of equals; undefined without positives. */
export async function nearestSeeds(
  deps: Deps,
  seeds: readonly Seed[],
  keys: readonly number[],
): Promise<(Seed | undefined)[]> {
  const lists = await Promise.all(seeds.map(({ vector }) => deps.index.similarities(vector, keys)))
  return keys.map((_, at) => {
    let nearest = 0
    lists.forEach((list, seed) => {
      if ((list[at] ?? -1) > (lists[nearest]?.[at] ?? -1)) nearest = seed
    })
    return seeds[nearest]
  })
}
