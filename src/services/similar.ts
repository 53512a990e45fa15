import { fail } from '../domain/errors.ts'
import type { VectorAnswer } from '../domain/ports.ts'
import type { List, SimilarRequest } from '../domain/query.ts'
import { afterRanking, candidateDepth } from './after-ranking.ts'
import { answer, clampScore, type Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import { listable, selectionOf } from './selection.ts'

/** A nearest-neighbour answer, scored by cosine similarity. */
export function rankNeighbours({ neighbours }: VectorAnswer, explain: boolean): Ranked[] {
  return neighbours.map(({ key, similarity }, at) => ({
    key,
    score: clampScore(similarity),
    ...(explain && { explain: { dense: { rank: at + 1, similarity }, lexical: null, fusion: null, boosts: [] } }),
  }))
}

/** Papers like one that is stored, nearest first, without the paper itself. Throws PAPER_NOT_FOUND. */
export async function similarPapers(deps: Deps, request: SimilarRequest): Promise<List> {
  const startedAt = performance.now()
  const [self] = await deps.store.get([request.id])
  if (!self) fail('PAPER_NOT_FOUND', `No paper has the id "${request.id}".`)
  const vector = await deps.index.vectorOf(self.key)
  if (!vector) fail('INDEX_DAMAGED', `The paper "${self.paper.id}" has no vector.`)
  const within = await selectionOf(deps, request)
  const found = await deps.index.search({
    vector,
    limit: candidateDepth(request),
    ef: request.ef,
    exact: request.exact,
    exclude: [self.key],
    within,
  })
  // The paper itself is never listed.
  const total = listable(deps, within) - (within && !within.has(self.key) ? 0 : 1)
  const ranked = await afterRanking(deps, request, rankNeighbours(found, request.explain))
  return answer(deps, {
    ranked: ranked.slice(request.offset, request.offset + request.limit),
    total: total - (found.neighbours.length - ranked.length),
    offset: request.offset,
    startedAt,
    plan: found.plan,
    vector,
    minScore: request.minScore,
  })
}
