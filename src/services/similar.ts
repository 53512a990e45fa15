import { fail } from '../domain/errors.ts'
import type { VectorAnswer } from '../domain/ports.ts'
import type { List, SimilarRequest } from '../domain/query.ts'
import { answer, clampScore, type Ranked } from './answer.ts'
import type { Deps } from './deps.ts'

interface NeighbourPage {
  readonly offset: number
  readonly limit: number
  readonly explain: boolean
}

/** The page of a nearest-neighbour answer, scored by cosine similarity. */
export function rankNeighbours(found: VectorAnswer, page: NeighbourPage): Ranked[] {
  return found.neighbours.slice(page.offset, page.offset + page.limit).map(({ key, similarity }, at) => ({
    key,
    score: clampScore(similarity),
    ...(page.explain && {
      explain: { dense: { rank: page.offset + at + 1, similarity }, lexical: null, fusion: null, boosts: [] },
    }),
  }))
}

/** Papers like one that is stored, nearest first, without the paper itself. Throws PAPER_NOT_FOUND. */
export async function similarPapers(deps: Deps, request: SimilarRequest): Promise<List> {
  const startedAt = performance.now()
  const [self] = await deps.store.get([request.id])
  if (!self) fail('PAPER_NOT_FOUND', `No paper has the id "${request.id}".`)
  const vector = await deps.index.vectorOf(self.key)
  if (!vector) fail('INDEX_DAMAGED', `The paper "${self.paper.id}" has no vector.`)
  const found = await deps.index.search({
    vector,
    limit: request.offset + request.limit,
    ef: request.ef,
    exact: request.exact,
    exclude: [self.key],
  })
  const total = deps.index.status().vectors - 1
  return answer(deps, {
    ranked: rankNeighbours(found, request),
    total,
    offset: request.offset,
    startedAt,
    plan: found.plan,
  })
}
