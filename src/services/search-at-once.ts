import type { SearchRequest } from '../domain/query.ts'
import { withoutWeak } from './answer.ts'
import { type AnswerText, shapeOf } from './answer-json.ts'
import { AnswersAtOnce } from './answers-at-once.ts'
import type { Deps } from './deps.ts'
import { type Found, pageFound } from './found.ts'
import { readQuestion } from './question.ts'
import { wantsRerank } from './rerank.ts'
import type { Asked } from './retrieve.ts'
import { searchDenseAtOnce } from './search-dense.ts'
import { searchHybridAtOnce } from './search-hybrid.ts'

/** Whether no more is asked for than the best papers and what stands in them. */
const isPlain = (request: SearchRequest): boolean =>
  request.fields?.includes('evidence') === false &&
  request.mode !== 'lexical' &&
  request.recencyHalfLifeDays === undefined &&
  !(request.exact || request.explain || request.diversity || request.collapse)

/** Answers plain questions whose vectors are known without a turn of the event loop in between. */
export class SearchAtOnce {
  readonly #deps: Deps
  readonly #answers: AnswersAtOnce

  constructor(deps: Deps, answers = new AnswersAtOnce(deps)) {
    this.#deps = deps
    this.#answers = answers
  }

  /** The same as `searchJson`; null where it takes more than to look things up. */
  answer(request: SearchRequest): AnswerText | null {
    const { store, rerank } = this.#deps
    if (!isPlain(request) || (rerank && wantsRerank(request))) return null
    const startedAt = performance.now()
    const within = request.filter && store.matchingAtOnce(request.filter)
    const asked = { request, text: readQuestion(request.query), within }
    const found = this.#find(asked)
    if (!found) return null
    const page = withoutWeak(pageFound(this.#deps, asked, { found, weighed: found.ranked, startedAt }))
    return this.#answers.join(page, shapeOf(request.fields))
  }

  #find(asked: Asked): Found | null {
    const { mode, offset, limit } = asked.request
    return mode === 'dense'
      ? searchDenseAtOnce(this.#deps, asked)
      : searchHybridAtOnce(this.#deps, asked, offset + limit)
  }
}
