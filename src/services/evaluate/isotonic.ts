import type { ScoredOutcome } from './calibration.ts'

/** A knot of the fitted curve; scores and values never fall from one to the next. */
export interface Knot {
  readonly score: number
  readonly value: number
}

interface Block {
  readonly from: number
  readonly to: number
  readonly sum: number
  readonly count: number
}

const meanOf = ({ sum, count }: Block): number => sum / count

const merged = (one: Block, other: Block): Block => ({
  from: one.from,
  to: other.to,
  sum: one.sum + other.sum,
  count: one.count + other.count,
})

/** One block for each distinct score, ascending: points of equal score cannot be told apart. */
function blocksByScore(points: readonly ScoredOutcome[]): Block[] {
  const blocks = new Map<number, Block>()
  for (const { score, outcome } of points) {
    const point = { from: score, to: score, sum: outcome, count: 1 }
    const known = blocks.get(score)
    blocks.set(score, known ? merged(known, point) : point)
  }
  return [...blocks.values()].sort((one, other) => one.from - other.from)
}

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny and Elkan, KDD 2002, for calibration):
 * the non-decreasing curve with the least squared error.
 */
export function fitIsotonic(points: readonly ScoredOutcome[]): Knot[] {
  const pooled: Block[] = []
  for (const block of blocksByScore(points)) {
    let last = block
    for (let before = pooled.at(-1); before && meanOf(before) >= meanOf(last); before = pooled.at(-1)) {
      pooled.pop()
      last = merged(before, last)
    }
    pooled.push(last)
  }
  return pooled.flatMap((block) => {
    const value = meanOf(block)
    const ends = block.from === block.to ? [block.from] : [block.from, block.to]
    return ends.map((score) => ({ score, value }))
  })
}

/** The value of the curve at a score: linear between knots, level outside of them. Throws RangeError without knots. */
export function isotonicValue(knots: readonly Knot[], score: number): number {
  const [first] = knots
  const last = knots.at(-1)
  if (!first || !last) throw new RangeError('the curve has no knots')
  if (score <= first.score) return first.value
  if (score >= last.score) return last.value
  const at = knots.findIndex((knot) => knot.score > score)
  const [below, above] = [knots[at - 1] ?? first, knots[at] ?? last]
  return below.value + ((above.value - below.value) * (score - below.score)) / (above.score - below.score)
}
