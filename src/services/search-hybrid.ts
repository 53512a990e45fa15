import type { Explanation } from '../domain/query.ts'
import { TopK } from '../domain/top-k.ts'
import type { Ranked } from './answer.ts'
import { calibrated, FAMILIAR_NEARNESS } from './calibration.ts'
import { type Candidate, type Gathered, gatherAtOnce, gatherCandidates } from './candidates.ts'
import type { Deps } from './deps.ts'
import type { Found } from './found.ts'
import { fusedValue } from './fused-value.ts'
import type { Asked } from './retrieve.ts'
import { listable } from './selection.ts'

function explain({ denseRank, lexicalRank, dense, bm25 }: Candidate, value: number): Explanation {
  return {
    dense: denseRank === null ? null : { rank: denseRank, similarity: dense },
    lexical: lexicalRank === null ? null : { rank: lexicalRank, bm25, terms: [] },
    fusion: value,
    boosts: [],
  }
}

/** Whether the best match by words holds every one of them: a single rare word says little to the vectors. */
function holdsEveryWord(deps: Deps, candidates: readonly Candidate[], terms: readonly string[]): boolean {
  const best = candidates.find(({ lexicalRank }) => lexicalRank === 1)
  return best !== undefined && deps.store.termsIn(best.key, terms).length >= terms.length
}

const nearness = ({ dense, sentence }: Candidate): number => dense + (sentence ?? dense)

interface Valued {
  readonly candidate: Candidate
  readonly value: number
}

/** Best first. */
const byValue = (one: Valued, other: Valued): number =>
  other.value - one.value || one.candidate.key - other.candidate.key

/** The best candidates by their fused value; what explains it only where that is asked for. */
function rankCandidates({ candidates, question }: Gathered, depth: number, isExplained: boolean): Ranked[] {
  const best = new TopK<Valued>(depth, byValue)
  for (const candidate of candidates) {
    const value = fusedValue(candidate, question)
    if (value >= (best.toBeat?.value ?? Number.NEGATIVE_INFINITY)) best.offer({ candidate, value })
  }
  return best.sorted().map(({ candidate, value }) => {
    const hit = { key: candidate.key, score: calibrated('hybrid', value) }
    return isExplained ? { ...hit, explain: explain(candidate, value) } : hit
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
      candidates.some((candidate) => nearness(candidate) >= FAMILIAR_NEARNESS) ||
      holdsEveryWord(deps, candidates, asked.text.terms),
  }
}

export const searchHybrid = async (deps: Deps, asked: Asked): Promise<Found> =>
  rankGathered(deps, asked, { gathered: await gatherCandidates(deps, asked), depth: Number.POSITIVE_INFINITY })

/** The best `depth` of the same; null where it takes more than to look things up. */
export function searchHybridAtOnce(deps: Deps, asked: Asked, depth: number): Found | null {
  const gathered = gatherAtOnce(deps, asked)
  return gathered && rankGathered(deps, asked, { gathered, depth })
}
