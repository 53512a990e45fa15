import type { Explanation, SearchRequest } from '../domain/query.ts'
import { questionTerms } from '../domain/terms.ts'
import { calibrated, FAMILIAR_NEARNESS } from './calibration.ts'
import { type Candidate, gatherCandidates } from './candidates.ts'
import type { Deps } from './deps.ts'
import { fusedValue } from './fused-value.ts'
import type { Found } from './search.ts'
import { listable, selectionOf } from './selection.ts'

function explain(candidate: Candidate, fusion: number): Explanation {
  const { denseRank, lexicalRank, dense, bm25 } = candidate
  return {
    dense: denseRank === null ? null : { rank: denseRank, similarity: dense },
    lexical: lexicalRank === null ? null : { rank: lexicalRank, bm25, terms: [] },
    fusion,
    boosts: [],
  }
}

/** Whether the best match by words holds every one of them: a single rare word says little to the vectors. */
async function holdsEveryWord(deps: Deps, request: SearchRequest, candidates: readonly Candidate[]): Promise<boolean> {
  const best = candidates.find(({ lexicalRank }) => lexicalRank === 1)
  const terms = questionTerms(request.query)
  return best !== undefined && (await deps.store.termsIn(best.key, terms)).length >= terms.length
}

const nearness = ({ dense, sentence }: Candidate): number => dense + (sentence ?? dense)

/**
 * Vectors, words, best sentences and titles, weighed by fused-value.ts. The candidates are the same whatever page is
 * asked for, so that pages never contradict each other; behind them come the remaining neighbours in their own order,
 * with no score above the last candidate's.
 */
export async function searchHybrid(deps: Deps, request: SearchRequest): Promise<Found> {
  const { candidates, rest, question, vector, plan } = await gatherCandidates(deps, request)
  const fused = candidates
    .map((candidate) => ({ candidate, value: fusedValue(candidate, question) }))
    .sort((one, other) => other.value - one.value || one.candidate.key - other.candidate.key)
    .map(({ candidate, value }) => ({
      key: candidate.key,
      score: calibrated('hybrid', value),
      explain: explain(candidate, value),
    }))
  const least = fused.at(-1)?.score ?? 0
  const tail = rest.map(({ key, similarity, rank }) => ({
    key,
    score: Math.min(least, calibrated('dense', similarity)),
    explain: { dense: { rank, similarity }, lexical: null, fusion: null, boosts: [] },
  }))
  return {
    ranked: [...fused, ...tail],
    plan,
    total: listable(deps, await selectionOf(deps, request)),
    vector,
    familiar:
      candidates.some((candidate) => nearness(candidate) >= FAMILIAR_NEARNESS) ||
      (await holdsEveryWord(deps, request, candidates)),
  }
}
