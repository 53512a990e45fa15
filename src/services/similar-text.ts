import { passageText } from '../domain/passage.ts'
import type { List, SimilarTextRequest } from '../domain/query.ts'
import { answer } from './answer.ts'
import type { Deps } from './deps.ts'
import { rankNeighbours } from './similar.ts'

/** Papers like a pasted draft: it is embedded as a paper would be, not as a question. */
export async function similarToText(deps: Deps, request: SimilarTextRequest): Promise<List> {
  const startedAt = performance.now()
  const draft =
    request.text === undefined
      ? { title: request.title ?? '', abstract: request.abstract ?? '' }
      : { title: '', abstract: request.text }
  const [vector] = await deps.embedder.embed([passageText(draft)], 'passage')
  if (!vector) throw new RangeError('the embedder gave no vector')
  const found = await deps.index.search({
    vector,
    limit: request.offset + request.limit,
    ef: request.ef,
    exact: request.exact,
  })
  const total = deps.index.status().vectors
  return answer(deps, {
    ranked: rankNeighbours(found, request),
    total,
    offset: request.offset,
    startedAt,
    plan: found.plan,
  })
}
