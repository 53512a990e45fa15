import type { Plan, SimilarRequest } from '../domain/query.ts'
import type { IndexStatus, Neighbour } from '../domain/vector-index.ts'
import { clampScore, figuresOf, indexReport } from './answer.ts'
import { type AnswerText, addedPart, bytesOf, type Shape, shapeOf } from './answer-json.ts'
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

/** Whether no more is asked for than the nearest papers and what stands in them. */
export const isPlain = (request: Omit<SimilarRequest, 'id'>): boolean =>
  request.fields?.includes('evidence') === false &&
  request.mode !== 'hybrid' &&
  request.offset === 0 &&
  !(request.exact || request.explain || request.diversity || request.collapse) &&
  [request.ef, request.minScore, request.recencyHalfLifeDays].every((each) => each === undefined)

/** Clients ask for one form of a paper most of the time; so many forms at once are remembered. */
const MOST_SHAPES = 4

/** Answers plain requests without a turn of the event loop in between. */
export class SimilarAtOnce {
  readonly #deps: Deps
  readonly #places = new Map<Shape, PaperPlaces>()
  readonly #joined = new JoinedBytes()
  readonly #reports: Reports
  readonly #filteredReports: Reports

  constructor(deps: Deps) {
    this.#deps = deps
    this.#reports = new Reports(deps, 'ann')
    this.#filteredReports = new Reports(deps, 'ann-filtered')
  }

  /** The same as `similarJson`; null where it takes more than papers that are stored and what the graph tells. */
  answer({ id, limit, fields, filter }: Pick<SimilarRequest, 'id' | 'limit' | 'fields' | 'filter'>): AnswerText | null {
    const { store, index } = this.#deps
    const startedAt = performance.now()
    const status = index.status()
    const self = store.getAtOnce(id)
    const within = self && filter && store.matchingAtOnce(filter)
    const ranked = self && index.neighboursAtOnce(self.key, limit, within ?? undefined)
    if (!ranked || !this.#join(ranked, shapeOf(fields))) return null
    // The paper itself is never listed.
    const total = within ? within.size - (within.has(self.key) ? 1 : 0) : status.vectors - 1
    const figures = JSON.stringify(figuresOf({ ranked, total, offset: 0, startedAt }))
    const { bytes, whole } = (within ? this.#filteredReports : this.#reports).of(status)
    this.#joined.text(`],${figures.slice(1, -1)},"index":${bytes}}`)
    return { bytes: this.#joined.whole(), whole }
  }

  /** False where a paper's text is not kept. */
  #join(ranked: readonly Neighbour[], shape: Shape): boolean {
    const { store, texts } = this.#deps
    const places = this.#placesOf(shape)
    const generation = store.generation()
    this.#joined.begin()
    this.#joined.text('{"data":[')
    let rank = 0
    for (const { key, similarity } of ranked) {
      const place = places.placeOf(key, generation)
      if (place === null) return false
      rank += 1
      if (rank > 1) this.#joined.text(',')
      this.#joined.kept(texts, place)
      this.#joined.text(addedPart({ score: clampScore(similarity), rank, evidence: null }, shape))
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
