import { bootstrap, type Estimate, RESAMPLES, type Resampling } from './bootstrap.ts'
import { createRandom } from './random.ts'

export interface PairedDifference {
  /** Mean of `one - other` over the questions. */
  readonly difference: Estimate
  /** Two-sided. */
  readonly p: number
}

/** Sums of the same numbers in another order differ by this much. */
const ROUNDING = 1e-12

/**
 * Paired randomisation test (Smucker, Allan and Carterette, CIKM 2007): were the two systems alike, each question's
 * difference could as well have the other sign. The share of random sign patterns whose mean is at least as far from 0
 * is p; the observed pattern counts as one of them, so that p is never 0 (Phipson and Smyth 2010).
 */
function randomisationTest(differences: readonly number[], { seed, resamples = RESAMPLES }: Resampling): number {
  const random = createRandom(seed)
  const apart = differences.filter((value) => value !== 0)
  const observed = Math.abs(apart.reduce((sum, value) => sum + value, 0))
  let extreme = 1
  for (let round = 0; round < resamples; round += 1) {
    let sum = 0
    for (const value of apart) sum += random() < 0.5 ? value : -value
    if (Math.abs(sum) >= observed - ROUNDING) extreme += 1
  }
  return extreme / (resamples + 1)
}

/** Compares two systems by their values on the same questions, in the same order. */
export function comparePaired(
  one: readonly number[],
  other: readonly number[],
  resampling: Resampling,
): PairedDifference {
  if (one.length !== other.length) throw new RangeError('paired values must be of the same questions')
  const differences = one.map((value, at) => value - (other[at] ?? 0))
  return { difference: bootstrap(differences, resampling), p: randomisationTest(differences, resampling) }
}
