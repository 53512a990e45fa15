import type { RecallFigure } from '../domain/vector-index.ts'

/** Recall is taken of the ten nearest: what one page shows. */
export const RECALL_K = 10

/** Two-sided 95 %. */
const Z = 1.959_964

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

/**
 * How many independent hits say as much as these do: p (1 - p) over the variance of the mean (Korn and Graubard,
 * "Confidence intervals for proportions with small expected number of positive counts estimated from survey data",
 * 1998). The hits of one query are missed together, so they are worth less than as many of different queries; they are
 * worth no less than one, which is also taken where no query differs from another and nothing is known of that.
 */
function effectiveSize(recalls: readonly number[], mean: number): number {
  const size = recalls.length
  const squares = recalls.reduce((sum, recall) => sum + (recall - mean) ** 2, 0)
  if (squares === 0) return size
  const varianceOfMean = squares / (size - 1) / size
  return clamp((mean * (1 - mean)) / varianceOfMean, size, size * RECALL_K)
}

const THOUSAND = 1_000

/** Not more digits than mean something, so that the figure stands still between two that say the same. */
const nearest = (value: number): number => Math.round(value * THOUSAND) / THOUSAND
const below = (value: number): number => Math.floor(value * THOUSAND) / THOUSAND
const above = (value: number): number => Math.ceil(value * THOUSAND) / THOUSAND

/**
 * Mean recall of queries and its 95 % score interval (Wilson, "Probable inference, the law of succession, and
 * statistical inference", 1927), which stays within 0..1 also where nearly all is found. `recalls` must not be empty.
 */
export function recallFigure(recalls: readonly number[], of: RecallFigure['of']): RecallFigure {
  const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length
  const size = effectiveSize(recalls, mean)
  const share = (Z * Z) / size
  const centre = (mean + share / 2) / (1 + share)
  const half = (Z * Math.sqrt((mean * (1 - mean)) / size + share / size / 4)) / (1 + share)
  const [low, high] = [clamp(centre - half, 0, mean), clamp(centre + half, mean, 1)]
  return { at10: nearest(mean), low: below(low), high: above(high), sample: recalls.length, of }
}

/** Surely enough; also where nothing at all was missed, since more work could not find more. */
export const holds = ({ at10, low }: RecallFigure, target: number): boolean => low >= target || at10 === 1

/** Surely too little. */
export const fallsShort = ({ high }: RecallFigure, target: number): boolean => high < target
