import type { Deps } from '../deps.ts'
import type { Seed, Seeds } from './strategy.ts'

/** Of each paper the greatest similarity to any of the seeds, −∞ where there are none; null where a paper is gone. */
async function greatest(deps: Deps, seeds: readonly Seed[], keys: readonly number[]): Promise<(number | null)[]> {
  const lists = await Promise.all(seeds.map(({ vector }) => deps.index.similarities(vector, keys)))
  return keys.map((_, at) =>
    lists.reduce<number | null>((best, list) => {
      const similarity = list[at] ?? null
      return best === null || similarity === null ? null : Math.max(best, similarity)
    }, Number.NEGATIVE_INFINITY),
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
    const [like, unlike] = [likes[at] ?? null, unlikes[at] ?? null]
    return like === null || unlike === null ? [] : [{ key, like, unlike }]
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
