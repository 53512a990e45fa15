import type { SimilarRequest } from '../domain/query.ts'
import type { IndexStatus } from '../domain/vector-index.ts'
import { clampScore, figuresOf, indexReport } from './answer.ts'
import { type AnswerText, addedPart, bytesOf, ownPart, shapeOf } from './answer-json.ts'
import type { Deps } from './deps.ts'

/** What answers say of the index, for as long as it stands. */
const reports = new WeakMap<IndexStatus, string>()

function reportBytes(deps: Deps, status: IndexStatus): string {
  const known = reports.get(status)
  if (known !== undefined) return known
  const bytes = bytesOf(JSON.stringify(indexReport(deps, { plan: 'ann' })))
  reports.set(status, bytes)
  return bytes
}

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
  const status = index.status()
  if (status.degraded.length > 0 || store.lacksSentences()) return null
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
    const added = addedPart({ score: clampScore(similarity), rank, evidence: null }, shape)
    data += `${rank > 1 ? ',' : ''}${ownPart(stored, shape)}${added}`
  }
  const figures = JSON.stringify(figuresOf({ ranked, total: status.vectors - 1, offset: 0, startedAt }))
  return { bytes: `{"data":[${data}],${figures.slice(1, -1)},"index":${reportBytes(deps, status)}}`, whole: true }
}
