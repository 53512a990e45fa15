/**
 * Measures of one ranking. `ranked` holds the grade of the paper at each rank, best rank first, 0 where it was not
 * judged; `judged` holds the grades of all relevant papers, found or not. A grade above 0 is relevant. All values are in
 * 0..1, and 0 where nothing is relevant.
 */
export interface JudgedRanking {
  readonly ranked: readonly number[]
  readonly judged: readonly number[]
}

/** The gain of Burges et al., "Learning to rank using gradient descent" (ICML 2005): a high grade outweighs low ones. */
const gain = (grade: number): number => 2 ** grade - 1

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, at) => sum + gain(grade) / Math.log2(at + 2), 0)
}

/**
 * Normalised discounted cumulative gain of the first k: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
 * techniques" (ACM TOIS 20, 2002), discounted by log2(rank + 1) and divided by the gain of the best possible order.
 * With two grades (0 and 1) it is the value that trec_eval gives.
 */
export function ndcgAt(k: number, { ranked, judged }: JudgedRanking): number {
  const ideal = [...judged].sort((one, other) => other - one).slice(0, k)
  const best = discountedGain(ideal)
  return best === 0 ? 0 : discountedGain(ranked.slice(0, k)) / best
}

/** Reciprocal of the rank of the first relevant paper among the first k (Voorhees, TREC-8 question answering, 1999). */
export function reciprocalRankAt(k: number, { ranked }: JudgedRanking): number {
  const first = ranked.slice(0, k).findIndex((grade) => grade > 0)
  return first < 0 ? 0 : 1 / (first + 1)
}

const relevantIn = (grades: readonly number[]): number => grades.filter((grade) => grade > 0).length

/** The share of all relevant papers that stand among the first k (Cleverdon, Mills and Keen 1966). */
export function recallAt(k: number, { ranked, judged }: JudgedRanking): number {
  const all = relevantIn(judged)
  return all === 0 ? 0 : relevantIn(ranked.slice(0, k)) / all
}

const RECALL_DEPTHS = [50, 100]

type Measure = (ranking: JudgedRanking) => number

/** The measures of a report by their names, `nDCG@10` first. `k` is the length of the page that is judged. */
export function measuresAt(k: number): ReadonlyMap<string, Measure> {
  const depths = [...new Set([k, ...RECALL_DEPTHS])].sort((one, other) => one - other)
  return new Map<string, Measure>([
    [`nDCG@${k}`, (ranking) => ndcgAt(k, ranking)],
    [`MRR@${k}`, (ranking) => reciprocalRankAt(k, ranking)],
    ...depths.map((depth): [string, Measure] => [`recall@${depth}`, (ranking) => recallAt(depth, ranking)]),
  ])
}
