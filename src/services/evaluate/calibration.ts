/** A score that claims to be a probability, and what came of it: 1 relevant, 0 not. */
export interface ScoredOutcome {
  readonly score: number
  readonly outcome: 0 | 1
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Scores from `low` (inclusive) to `high` (exclusive; the last bin includes 1). */
  readonly low: number
  readonly high: number
  readonly count: number
  /** Mean score; 0 in an empty bin. */
  readonly confidence: number
  /** Share of outcomes that are 1; 0 in an empty bin. */
  readonly accuracy: number
}

const BINS = 10

const share = (sum: number, count: number): number => (count === 0 ? 0 : sum / count)

/** Equal-width bins over 0..1. Scores outside are put into the outermost bins. */
export function reliabilityTable(points: readonly ScoredOutcome[], bins = BINS): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, score: 0, outcome: 0 }))
  for (const { score, outcome } of points) {
    const sum = sums[Math.min(bins - 1, Math.max(0, Math.floor(score * bins)))]
    if (!sum) throw new RangeError('a score must be a number')
    sum.count += 1
    sum.score += score
    sum.outcome += outcome
  }
  return sums.map(({ count, score, outcome }, at) => ({
    low: at / bins,
    high: (at + 1) / bins,
    count,
    confidence: share(score, count),
    accuracy: share(outcome, count),
  }))
}

/**
 * Expected calibration error: the gap between confidence and accuracy, averaged over the bins by how many points they
 * hold (Naeini, Cooper and Hauskrecht, AAAI 2015). 0 is perfect; 0 also where there are no points.
 */
export function expectedCalibrationError(points: readonly ScoredOutcome[], bins = BINS): number {
  const gaps = reliabilityTable(points, bins).map(
    ({ count, confidence, accuracy }) => count * Math.abs(accuracy - confidence),
  )
  return share(
    gaps.reduce((sum, gap) => sum + gap, 0),
    points.length,
  )
}
