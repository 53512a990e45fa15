import type { AnswerCheck, AskEvent } from '../../domain/ask.ts'
import type { Citation } from '../../domain/context.ts'
import { KindredError } from '../../domain/errors.ts'
import { VerifyRequest } from '../../domain/verify.ts'
import type { Deps } from '../deps.ts'
import { verifyAnswer } from '../verify/verify-answer.ts'
import type { Guarded } from './guard.ts'

/** An answer as far as it was told. */
export class Transcript {
  readonly #papers: ReadonlyMap<string, Citation>
  readonly #cited = new Map<string, Citation>()
  #text = ''

  /** `citations` are what it may cite. */
  constructor(citations: readonly Citation[]) {
    this.#papers = new Map(citations.map((citation) => [citation.key, citation]))
  }

  get text(): string {
    return this.#text
  }

  /** The events of one more piece: what it cites for the first time, then its text. */
  *tell({ text, keys }: Guarded): Generator<AskEvent> {
    for (const key of keys) {
      const citation = this.#papers.get(key)
      if (!citation || this.#cited.has(key)) continue
      this.#cited.set(key, citation)
      yield { event: 'citation', data: citation }
    }
    this.#text += text
    if (text !== '') yield { event: 'delta', data: { text } }
  }

  /** Its quotes, word by word. Null where it is longer, or holds more of them, than is checked at once. */
  async check(deps: Deps): Promise<AnswerCheck | null> {
    const request = VerifyRequest.safeParse({ answer: this.#text, citations: [...this.#cited.values()] })
    if (!request.success) return null
    try {
      const { ok, quotes } = await verifyAnswer(deps, request.data)
      const count = (verdict: string): number => quotes.filter((quote) => quote.verdict === verdict).length
      return {
        ok,
        quotes: {
          exact: count('exact'),
          close: count('close'),
          altered: count('altered'),
          missing: count('missing'),
        },
        doubtful: quotes.filter(({ verdict }) => verdict === 'altered' || verdict === 'missing'),
      }
    } catch (error) {
      if (error instanceof KindredError && error.code === 'INVALID_REQUEST') return null
      throw error
    }
  }
}
