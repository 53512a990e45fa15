import type { Explanation, SearchRequest } from '../domain/query.ts'
import type { Ranked } from './answer.ts'
import { calibrated, FAMILIAR_NEARNESS } from './calibration.ts'
import { type Candidate, type Gathered, gatherCandidates } from './candidates.ts'
import type { Deps } from './deps.ts'
import { fusedValue } from './fused-value.ts'
import type { Found } from './search.ts'
import { listable, selectionOf } from './selection.ts'

function explain({ denseRank, lexicalRank, dense, bm25 }: Candidate, value: number): Explanation {
  return {
    dense: denseRank === null ? null : { rank: denseRank, similarity: dense },
    lexical: lexicalRank === null ? null : { rank: lexicalRank, bm25, terms: [] },
    fusion: value,
    boosts: [],
  }
}

/** Whether the best match by words holds every one of them: a single rare word says little to the vectors. */
async function holdsEveryWord(deps: Deps, { candidates, terms }: Gathered): Promise<boolean> {
  const best = candidates.find(({ lexicalRank }) => lexicalRank === 1)
  return best !== undefined && (await deps.store.termsIn(best.key, terms)).length >= terms.length
}

const nearness = ({ dense, sentence }: Candidate): number => dense + (sentence ?? dense)

/** The candidates by their fused value; what explains it only where that is asked for. */
function rankCandidates({ candidates, question }: Gathered, isExplained: boolean): Ranked[] {
  return candidates
    .map((candidate) => ({ candidate, value: fusedValue(candidate, question) }))
    .sort((one, other) => other.value - one.value || one.candidate.key - other.candidate.key)
    .map(({ candidate, value }) => {
      const hit = { key: candidate.key, score: calibrated('hybrid', value) }
      return isExplained ? { ...hit, explain: explain(candidate, value) } : hit
    })
}

/**
 * Vectors, words, best sentences and titles, weighed by fused-value.ts. The candidates are the same whatever page is
 * asked for, so that pages never contradict each other; behind them come the remaining neighbours in their own order,
 * with no score above the last candidate's.
 */
export async function searchHybrid(deps: Deps, request: SearchRequest): Promise<Found> {
  const gathered = await gatherCandidates(deps, request)
  const { candidates, rest, vector, plan } = gathered
  const fused = rankCandidates(gathered, request.explain)
  const least = fused.at(-1)?.score ?? 0
  const tail = rest.map(({ key, similarity, rank }) => ({
    key,
    score: Math.min(least, calibrated('dense', similarity)),
    ...(request.explain && { explain: { dense: { rank, similarity }, lexical: null, fusion: null, boosts: [] } }),
  }))
  return {
    ranked: tail.length > 0 ? [...fused, ...tail] : fused,
    plan,
    total: listable(deps, await selectionOf(deps, request)),
    vector,
    familiar:
      candidates.some((candidate) => nearness(candidate) >= FAMILIAR_NEARNESS) ||
      (await holdsEveryWord(deps, gathered)),
  }
}
