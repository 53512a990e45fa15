import { passageText } from '../domain/passage.ts'
import type { List, SimilarTextRequest } from '../domain/query.ts'
import { afterRanking, candidateDepth } from './after-ranking.ts'
import { answer } from './answer.ts'
import type { Deps } from './deps.ts'
import { listable, selectionOf } from './selection.ts'
import { likeOne } from './similar.ts'

/** Papers like a pasted draft: it is embedded as a paper would be, not as a question. */
export async function similarToText(deps: Deps, request: SimilarTextRequest): Promise<List> {
  const startedAt = performance.now()
  const draft =
    request.text === undefined
      ? { title: request.title ?? '', abstract: request.abstract ?? '' }
      : { title: '', abstract: request.text }
  const text = passageText(draft)
  const [vector] = await deps.embedder.embed([text], 'passage')
  if (!vector) throw new RangeError('the embedder gave no vector')
  const within = await selectionOf(deps, request)
  const { ef, exact } = request
  const query = { vector, limit: candidateDepth(request), ef, exact, within }
  const found = await likeOne(deps, request, { query, text: () => text })
  const total = listable(deps, within)
  const ranked = await afterRanking(deps, request, found.ranked)
  return answer(deps, {
    ranked: ranked.slice(request.offset, request.offset + request.limit),
    total: total - (found.ranked.length - ranked.length),
    offset: request.offset,
    startedAt,
    plan: found.plan,
    vector,
    minScore: request.minScore,
  })
}
