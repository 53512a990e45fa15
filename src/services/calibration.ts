import type { SearchMode } from '../domain/query.ts'
import { type PlattFit, plattProbability } from './evaluate/platt.ts'

/**
 * From the value that a mode orders by to the chance that the paper answers the question: Platt scaling
 * (Platt 1999), fitted on the first ten hits of judged questions and of questions about other things, where nothing is
 * relevant. `npm run fit` prints the coefficients again; docs/decisions/0016-fused-ranking.md holds the reliability.
 */
const COEFFICIENTS: Record<SearchMode, PlattFit> = {
  /** Over the fused value, 0..1. */
  hybrid: { slope: 17.94, intercept: -9.98 },
  /** Over the cosine similarity. */
  dense: { slope: 11.37, intercept: -5.84 },
  /** Over BM25. */
  lexical: { slope: 0.307, intercept: -4.32 },
}

/** Rises with the value, so that an order by score is the order by value. */
export const calibrated = (mode: SearchMode, value: number): number => plattProbability(COEFFICIENTS[mode], value)

/**
 * A question is foreign to the collection where no paper is near to it, whatever single words they share: nearness is
 * the cosine of the paper plus that of its best sentence. Between the 70 judged questions (0.65 and up) and 60 about
 * other things (0.63 and down).
 */
export const FAMILIAR_NEARNESS = 0.64
/** The same for the cosine of the paper alone: 0.29 and up, 0.28 and down. */
export const FAMILIAR_SIMILARITY = 0.286
/** The least score of a hit that a words-only search is confident of. */
export const FAMILIAR_WORDS = 0.1
/** From here on a hit rather answers than not. */
const LIKELY = 0.5

export type Confidence = 'none' | 'low' | 'high'

/** How far the best hit can be trusted. */
export function confidenceOf(familiar: boolean, bestScore: number): Confidence {
  if (!familiar) return 'none'
  return bestScore >= LIKELY ? 'high' : 'low'
}
