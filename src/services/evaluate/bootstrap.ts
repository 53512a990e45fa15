import { createRandom } from './random.ts'

export const RESAMPLES = 10_000

export interface Resampling {
  readonly seed: number
  readonly resamples?: number
}

/** A mean over questions with its 95 % interval. */
export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
}

const TAIL = 0.025

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** Linear interpolation between order statistics (Hyndman and Fan 1996, type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below] ?? 0
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low
  return low + (high - low) * (place - below)
}

/**
 * The mean and its percentile bootstrap interval (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 13): questions are drawn with replacement, `resamples` times. The same seed gives the same interval.
 */
export function bootstrap(values: readonly number[], { seed, resamples = RESAMPLES }: Resampling): Estimate {
  const mean = meanOf(values)
  if (values.length === 0) return { mean, low: mean, high: mean }
  const random = createRandom(seed)
  const means = new Float64Array(resamples)
  for (let round = 0; round < resamples; round += 1) {
    let sum = 0
    for (let draw = 0; draw < values.length; draw += 1) sum += values[Math.floor(random() * values.length)] ?? 0
    means[round] = sum / values.length
  }
  means.sort()
  return { mean, low: quantile(means, TAIL), high: quantile(means, 1 - TAIL) }
}
