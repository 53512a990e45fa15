import type { ScoredOutcome } from './calibration.ts'

/**
 * Area under the ROC curve: the chance that a point of outcome 1 scores higher than one of outcome 0, a tie counting
 * half. Computed from midranks (the Mann-Whitney statistic; Hanley and McNeil, Radiology 143, 1982).
 * Throws RangeError where only one outcome occurs: the area is not defined then.
 */
export function auroc(points: readonly ScoredOutcome[]): number {
  const sorted = [...points].sort((one, other) => one.score - other.score)
  const positives = sorted.filter(({ outcome }) => outcome === 1).length
  const negatives = sorted.length - positives
  if (positives === 0 || negatives === 0) throw new RangeError('the area needs points of both outcomes')
  let rankSum = 0
  for (let start = 0; start < sorted.length; ) {
    let end = start
    while (end < sorted.length && sorted[end]?.score === sorted[start]?.score) end += 1
    // Ranks count from 1; tied points share the mean of theirs.
    const midrank = (start + 1 + end) / 2
    for (const { outcome } of sorted.slice(start, end)) rankSum += outcome * midrank
    start = end
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
