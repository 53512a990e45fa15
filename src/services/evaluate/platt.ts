import type { ScoredOutcome } from './calibration.ts'

/** `P(outcome = 1 | score) = 1 / (1 + exp(-(slope * score + intercept)))` */
export interface PlattFit {
  readonly slope: number
  readonly intercept: number
}

const MAX_STEPS = 100
/** Keeps the Hessian invertible where all scores are alike (Lin, Lin and Weng 2007). */
const RIDGE = 1e-12
const CONVERGED = 1e-8
const SHORTEST_STEP = 1e-10
/** Share of the expected decrease that a step must bring (Armijo's rule). */
const SUFFICIENT = 1e-4

/** log(1 + exp(x)) that does not overflow. */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))
const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

interface Target {
  readonly score: number
  readonly target: number
}

/** Platt's targets: never quite 0 or 1, so that separable scores have a finite fit. */
function smoothed(points: readonly ScoredOutcome[]): Target[] {
  const positives = points.filter(({ outcome }) => outcome === 1).length
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (points.length - positives + 2)
  return points.map(({ score, outcome }) => ({ score, target: outcome === 1 ? high : low }))
}

function crossEntropy(points: readonly Target[], { slope, intercept }: PlattFit): number {
  return points.reduce((sum, { score, target }) => {
    const logit = slope * score + intercept
    return sum + softplus(logit) - target * logit
  }, 0)
}

interface Step {
  readonly slope: number
  readonly intercept: number
  /** Of the loss along the step; below 0 until the optimum is reached. */
  readonly descent: number
  readonly steepest: number
}

/** Newton's step: the gradient divided by the Hessian. */
function newtonStep(points: readonly Target[], fit: PlattFit): Step {
  let [gs, gi, hss, hsi, hii] = [0, 0, RIDGE, 0, RIDGE]
  for (const { score, target } of points) {
    const p = sigmoid(fit.slope * score + fit.intercept)
    const weight = p * (1 - p)
    gs += score * (p - target)
    gi += p - target
    hss += score * score * weight
    hsi += score * weight
    hii += weight
  }
  const determinant = hss * hii - hsi * hsi
  const slope = -(hii * gs - hsi * gi) / determinant
  const intercept = -(hss * gi - hsi * gs) / determinant
  return { slope, intercept, descent: gs * slope + gi * intercept, steepest: Math.max(Math.abs(gs), Math.abs(gi)) }
}

/** Halves a step until it lowers the loss enough; null where none does any more. */
function lineSearch(points: readonly Target[], fit: PlattFit, step: Step): PlattFit | null {
  const before = crossEntropy(points, fit)
  for (let length = 1; length >= SHORTEST_STEP; length /= 2) {
    const next = { slope: fit.slope + length * step.slope, intercept: fit.intercept + length * step.intercept }
    if (crossEntropy(points, next) < before + SUFFICIENT * length * step.descent) return next
  }
  return null
}

/**
 * Platt scaling: a logistic curve through scores, with the smoothed targets of Platt, "Probabilistic outputs for support
 * vector machines" (1999), by Newton's method with backtracking (Lin, Lin and Weng, Machine Learning 68, 2007).
 */
export function fitPlatt(points: readonly ScoredOutcome[]): PlattFit {
  const targets = smoothed(points)
  const positives = points.filter(({ outcome }) => outcome === 1).length
  let fit: PlattFit = { slope: 0, intercept: Math.log((positives + 1) / (points.length - positives + 1)) }
  for (let round = 0; round < MAX_STEPS; round += 1) {
    const step = newtonStep(targets, fit)
    if (step.steepest < CONVERGED) break
    const next = lineSearch(targets, fit, step)
    if (!next) break
    fit = next
  }
  return fit
}

/** The probability that the curve gives a score. */
export const plattProbability = ({ slope, intercept }: PlattFit, score: number): number =>
  sigmoid(slope * score + intercept)
