import { createRandom } from '../../src/services/evaluate/random.ts'

export { createRandom }

export const pick = <T>(random: () => number, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

function unit(values: readonly number[]): Float32Array {
  const norm = Math.hypot(...values)
  return Float32Array.from(values, (value) => value / norm)
}

const spread = (random: () => number): number => random() + random() + random() - 1.5

export const randomVector = (random: () => number, dimension: number): Float32Array =>
  unit(Array.from({ length: dimension }, () => spread(random)))

interface Clouds {
  readonly count: number
  readonly dimension: number
  readonly clusters: number
}

/** Unit vectors around a few centres, as embeddings of papers of a few fields are. */
export function clusteredVectors(random: () => number, { count, dimension, clusters }: Clouds): Float32Array[] {
  const centres = Array.from({ length: clusters }, () => randomVector(random, dimension))
  return Array.from({ length: count }, () => {
    const centre = pick(random, centres)
    return unit(Array.from(centre, (value) => value + 0.12 * spread(random)))
  })
}
