import type { Plan } from '../domain/query.ts'
import type { IndexStatus } from '../domain/vector-index.ts'
import { figuresOf, indexReport, type Told } from './answer.ts'
import { type AnswerText, addedPart, bytesOf, type Shape } from './answer-json.ts'
import type { Deps } from './deps.ts'
import { JoinedBytes } from './joined-bytes.ts'
import { PaperPlaces } from './paper-places.ts'

interface Report {
  readonly bytes: string
  readonly whole: boolean
}

/** What answers of a plan say of the index, for as long as it stands and nothing is missing. */
class Reports {
  readonly #deps: Deps
  readonly #plan: Plan
  readonly #known = new WeakMap<IndexStatus, Report>()

  constructor(deps: Deps, plan: Plan) {
    this.#deps = deps
    this.#plan = plan
  }

  of(status: IndexStatus): Report {
    const known = this.#deps.store.lacksSentences() ? undefined : this.#known.get(status)
    if (known) return known
    const told = indexReport(this.#deps, { plan: this.#plan })
    const report = { bytes: bytesOf(JSON.stringify(told)), whole: told.degraded.length === 0 }
    if (report.whole) this.#known.set(status, report)
    return report
  }
}

/** A page, best first, and what is told about it. */
interface RankedPage extends Told {
  readonly ranked: readonly { readonly key: number; readonly score: number }[]
  readonly plan: Plan
}

/** Clients ask for one form of a paper most of the time; so many forms at once are remembered. */
const MOST_SHAPES = 4

/** Joins answers without evidence out of texts that are kept, without a turn of the event loop in between. */
export class AnswersAtOnce {
  readonly #deps: Deps
  readonly #places = new Map<Shape, PaperPlaces>()
  readonly #joined = new JoinedBytes()
  readonly #reports: Readonly<Record<Plan, Reports>>

  constructor(deps: Deps) {
    this.#deps = deps
    this.#reports = {
      ann: new Reports(deps, 'ann'),
      'ann-filtered': new Reports(deps, 'ann-filtered'),
      exact: new Reports(deps, 'exact'),
    }
  }

  /** The same as `answerJson`; null where a paper's text is not kept. */
  join(page: RankedPage, shape: Shape): AnswerText | null {
    if (!this.#joinHits(page, shape)) return null
    const figures = JSON.stringify(figuresOf(page))
    const { bytes, whole } = this.#reports[page.plan].of(this.#deps.index.status())
    this.#joined.text(`],${figures.slice(1, -1)},"index":${bytes}}`)
    return { bytes: this.#joined.whole(), whole }
  }

  #joinHits({ ranked, offset }: RankedPage, shape: Shape): boolean {
    const { store, texts } = this.#deps
    const places = this.#placesOf(shape)
    const generation = store.generation()
    this.#joined.begin()
    this.#joined.text('{"data":[')
    let rank = offset
    for (const { key, score } of ranked) {
      const place = places.placeOf(key, generation)
      if (place === null) return false
      if (rank > offset) this.#joined.text(',')
      rank += 1
      this.#joined.kept(texts, place)
      this.#joined.text(addedPart({ score, rank, evidence: null }, shape))
    }
    return true
  }

  #placesOf(shape: Shape): PaperPlaces {
    const known = this.#places.get(shape)
    if (known) return known
    const [oldest] = this.#places.keys()
    if (oldest && this.#places.size === MOST_SHAPES) this.#places.delete(oldest)
    const places = new PaperPlaces(this.#deps, shape)
    this.#places.set(shape, places)
    return places
  }
}
