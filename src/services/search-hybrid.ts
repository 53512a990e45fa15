import type { Explanation } from '../domain/query.ts'
import { TopK } from '../domain/top-k.ts'
import type { Ranked } from './answer.ts'
import { calibrated, FAMILIAR_NEARNESS } from './calibration.ts'
import { type Candidates, type Gathered, gatherAtOnce, gatherCandidates } from './candidates.ts'
import type { Deps } from './deps.ts'
import type { Found } from './found.ts'
import { fusion } from './fused-value.ts'
import type { Asked } from './retrieve.ts'
import { listable } from './selection.ts'

function explain({ near, dense, bm25, lexicalRank }: Candidates, at: number, value: number): Explanation {
  const rank = lexicalRank[at] as number
  return {
    dense: at < near ? { rank: at + 1, similarity: dense[at] as number } : null,
    lexical: rank > 0 ? { rank, bm25: bm25[at] as number, terms: [] } : null,
    fusion: value,
    boosts: [],
  }
}

/** Whether the best match by words holds every one of them: a single rare word says little to the vectors. */
function holdsEveryWord(deps: Deps, { keys, lexicalRank }: Candidates, terms: readonly string[]): boolean {
  const best = keys[lexicalRank.indexOf(1)]
  return best !== undefined && deps.store.termsIn(best, terms).length >= terms.length
}

const isNear = ({ dense, sentence }: Candidates, at: number): boolean =>
  (dense[at] as number) + (sentence[at] as number) >= FAMILIAR_NEARNESS

interface Valued {
  /** The candidate's place. */
  readonly at: number
  readonly key: number
  readonly value: number
}

/** Best first. */
const byValue = (one: Valued, other: Valued): number => other.value - one.value || one.key - other.key

/** The best candidates by their fused value; what explains it only where that is asked for. */
function rankCandidates({ candidates, question }: Gathered, depth: number, isExplained: boolean): Ranked[] {
  const best = new TopK<Valued>(depth, byValue)
  const { keys } = candidates
  const weigh = fusion(question)
  let least = Number.NEGATIVE_INFINITY
  for (let at = 0; at < keys.length; at += 1) {
    const value = weigh(candidates, at)
    if (value < least) continue
    best.offer({ at, key: keys[at] as number, value })
    least = best.toBeat?.value ?? least
  }
  return best.sorted().map(({ at, key, value }) => {
    const hit = { key, score: calibrated('hybrid', value) }
    return isExplained ? { ...hit, explain: explain(candidates, at, value) } : hit
  })
}

interface Ranking {
  readonly gathered: Gathered
  /** After so many papers the list may end. */
  readonly depth: number
}

/**
 * Vectors, words, best sentences and titles, weighed by fused-value.ts. The candidates are the same whatever page is
 * asked for, so that pages never contradict each other; behind them come the remaining neighbours in their own order,
 * with no score above the last candidate's.
 */
function rankGathered(deps: Deps, asked: Asked, { gathered, depth }: Ranking): Found {
  const { candidates, rest, vector, plan } = gathered
  const { explain: isExplained } = asked.request
  const fused = rankCandidates(gathered, rest.length > 0 ? Number.POSITIVE_INFINITY : depth, isExplained)
  const least = fused.at(-1)?.score ?? 0
  const tail = rest.map(({ key, similarity, rank }) => ({
    key,
    score: Math.min(least, calibrated('dense', similarity)),
    ...(isExplained && { explain: { dense: { rank, similarity }, lexical: null, fusion: null, boosts: [] } }),
  }))
  return {
    ranked: tail.length > 0 ? [...fused, ...tail] : fused,
    plan,
    total: listable(deps, asked.within),
    vector,
    familiar:
      candidates.keys.some((_, at) => isNear(candidates, at)) || holdsEveryWord(deps, candidates, asked.text.terms),
  }
}

export const searchHybrid = async (deps: Deps, asked: Asked): Promise<Found> =>
  rankGathered(deps, asked, { gathered: await gatherCandidates(deps, asked), depth: Number.POSITIVE_INFINITY })

/** The best `depth` of the same; null where it takes more than to look things up. */
export function searchHybridAtOnce(deps: Deps, asked: Asked, depth: number): Found | null {
  const gathered = gatherAtOnce(deps, asked)
  return gathered && rankGathered(deps, asked, { gathered, depth })
}
