import type { SimilarRequest } from '../domain/query.ts'
import { clampScore } from './answer.ts'
import { type AnswerText, shapeOf } from './answer-json.ts'
import { AnswersAtOnce } from './answers-at-once.ts'
import type { Deps } from './deps.ts'

/** Whether no more is asked for than the nearest papers and what stands in them. */
export const isPlain = (request: Omit<SimilarRequest, 'id'>): boolean =>
  request.fields?.includes('evidence') === false &&
  request.mode !== 'hybrid' &&
  request.offset === 0 &&
  !(request.exact || request.explain || request.diversity || request.collapse) &&
  [request.ef, request.minScore, request.recencyHalfLifeDays].every((each) => each === undefined)

/** Answers plain requests without a turn of the event loop in between. */
export class SimilarAtOnce {
  readonly #deps: Deps
  readonly #answers: AnswersAtOnce

  constructor(deps: Deps, answers = new AnswersAtOnce(deps)) {
    this.#deps = deps
    this.#answers = answers
  }

  /** Begins with what `answer` will be asked in this turn; false where nothing can be begun. */
  ahead({ id, limit, filter }: Pick<SimilarRequest, 'id' | 'limit' | 'filter'>): boolean {
    const { store, index } = this.#deps
    const self = store.getAtOnce(id)
    const within = self && filter && store.matchingAtOnce(filter)
    return self !== null && index.neighboursAhead(self.key, limit, within ?? undefined)
  }

  /** The same as `similarJson`; null where it takes more than papers that are stored and what the index tells at once. */
  answer({ id, limit, fields, filter }: Pick<SimilarRequest, 'id' | 'limit' | 'fields' | 'filter'>): AnswerText | null {
    const { store, index } = this.#deps
    const startedAt = performance.now()
    const self = store.getAtOnce(id)
    const within = self && filter && store.matchingAtOnce(filter)
    const found = self && index.neighboursAtOnce(self.key, limit, within ?? undefined)
    if (!found) return null
    const ranked = found.neighbours.map(({ key, similarity }) => ({ key, score: clampScore(similarity) }))
    // The paper itself is never listed.
    const total = within ? within.size - (within.has(self.key) ? 1 : 0) : index.status().vectors - 1
    return this.#answers.join({ ranked, total, offset: 0, startedAt, plan: found.plan }, shapeOf(fields))
  }
}
