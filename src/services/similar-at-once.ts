import type { SimilarRequest } from '../domain/query.ts'
import { aboutPage, clampScore } from './answer.ts'
import { type AnswerText, isWhole, listBytes, ownPart, shapeOf } from './answer-json.ts'
import type { Deps } from './deps.ts'

/** Whether no more is asked for than the nearest papers of the whole library and what stands in them. */
export const isPlain = (request: Omit<SimilarRequest, 'id'>): boolean =>
  request.fields?.includes('evidence') === false &&
  request.mode !== 'hybrid' &&
  request.offset === 0 &&
  !(request.exact || request.explain || request.filter || request.diversity || request.collapse) &&
  [request.ef, request.minScore, request.recencyHalfLifeDays].every((each) => each === undefined)

/**
 * The same as `similarJson` for a plain request, without a turn of the event loop in between; null where it takes more
 * than papers that are stored and one search of the graph, or where anything is amiss: `similarJson` then says what.
 */
export function similarJsonAtOnce(
  deps: Deps,
  { id, limit, fields }: Pick<SimilarRequest, 'id' | 'limit' | 'fields'>,
): AnswerText | null {
  const { store, index } = deps
  const startedAt = performance.now()
  const self = store.getAtOnce(id)
  const ranked = self && index.neighboursAtOnce(self.key, limit)
  if (!ranked) return null
  const shape = shapeOf(fields)
  let data = ''
  let rank = 0
  for (const { key, similarity } of ranked) {
    const stored = store.byKeyAtOnce(key)
    if (!stored) return null
    rank += 1
    const score = shape.score ? `,"score":${clampScore(similarity)}` : ''
    data += `${rank > 1 ? ',' : ''}${ownPart(stored, shape)}${score},"rank":${rank}}`
  }
  const total = index.status().vectors - 1
  const about = aboutPage(deps, { ranked, total, offset: 0, startedAt, plan: 'ann' })
  return { bytes: listBytes(data, about), whole: isWhole(about) }
}
