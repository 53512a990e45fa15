// Figures of what was measured. A comparison is always a ratio of runs that took turns in one go, because a machine's
// speed drifts: pairs of neighbouring runs are divided, and the median of the quotients is the result.

/** The value below which `share` of the values lie (nearest rank). */
export function quantile(values, share) {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]
}

/** The middle value; the mean of the two middle ones where their number is even. */
export function median(values) {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The median with the smallest and the largest value. */
export const spread = (values) => ({ median: median(values), low: Math.min(...values), high: Math.max(...values) })

/** Each run of `ones` over the run of `others` of the same turn: median, smallest, largest and number of the ratios. */
export function pairRatios(ones, others) {
  if (ones.length !== others.length) throw new RangeError('runs that did not take turns have no pairs')
  const ratios = ones.map((one, at) => one / others[at])
  return { ...spread(ratios), pairs: ratios.length }
}

/** Runs all by turns, `rounds` times: A B C, C B A, A B C …, so that a drift falls on none of them alone. */
export async function takeTurns(rounds, runs) {
  const names = Object.keys(runs)
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) results[name].push(await runs[name](round))
  }
  return results
}
