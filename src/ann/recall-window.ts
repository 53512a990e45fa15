import type { KindStatus, RecallFigure } from '../domain/vector-index.ts'
import type { Probe } from './probes.ts'
import { fallsShort, recallFigure } from './recall-figure.ts'
import { type Choice, ENOUGH } from './tune.ts'

/** Fewer queries than this say too little to speak for the index. */
const FEWEST = 30
/** The figure is of so many queries at most, the latest; those are kept to choose a width by. */
const KEPT = ENOUGH
/** Queries that wait to be compared: those between are passed over. */
const WAITING = 8
/** A longer list of papers to leave out makes a search wider by itself. */
const MOST_EXCLUDED = 16

/** The recall of one kind of query at its present width, as asked queries come in. Keeps vectors, never texts. */
export class RecallWindow {
  #ef: number
  #figure: RecallFigure | null = null
  #recalls: number[] = []
  #sinceFigure = 0
  #asked: Probe[] = []
  #waiting: Probe[] = []
  #isByAsked = false

  constructor(ef: number) {
    this.#ef = ef
  }

  get ef(): number {
    return this.#ef
  }

  get status(): KindStatus {
    return { ef: this.#ef, recall: this.#figure }
  }

  /** Moves seldom, because each move makes kept answers void: when its sample has doubled, or all of it is new. */
  get figure(): RecallFigure | null {
    return this.#figure
  }

  /** Asked queries, enough to choose a width by, or none. */
  get asked(): readonly Probe[] {
    return this.#asked.length < FEWEST ? [] : this.#asked
  }

  /** Whether so many were asked that nothing else is needed to choose a width by. */
  get isAsked(): boolean {
    return this.#asked.length === KEPT
  }

  /** Whether the width was chosen before that. */
  get isGuess(): boolean {
    return this.isAsked && !this.#isByAsked
  }

  /** True where the query is taken to be compared. The vector is copied. */
  offer({ vector, of, exclude }: Probe): boolean {
    if (this.#waiting.length >= WAITING || exclude.length > MOST_EXCLUDED) return false
    this.#waiting.push({ vector: vector.slice(), of, exclude: [...exclude] })
    return true
  }

  next(): Probe | undefined {
    return this.#waiting.shift()
  }

  /** Notes what an asked query found; true where that changes the figure. */
  add(probe: Probe, recall: number, target: number): boolean {
    this.#asked = [...this.#asked, probe].slice(-KEPT)
    this.#recalls = [...this.#recalls, recall].slice(-KEPT)
    this.#sinceFigure += 1
    if (this.#recalls.length < FEWEST) return false
    const figure = recallFigure(this.#recalls, 'queries')
    const seen = this.#figure?.of === 'queries' ? this.#figure.sample : 0
    const isDue = this.#sinceFigure >= Math.max(FEWEST, seen)
    const isNews = this.#figure === null || fallsShort(figure, target) !== fallsShort(this.#figure, target)
    if (isDue || isNews) this.#publish(figure)
    return isDue || isNews
  }

  /** Begins anew at a width, with what was measured at it. */
  restart({ ef, measured }: Choice): void {
    const recallsOf = (of: RecallFigure['of']) => measured.find((each) => each.of === of)?.recalls ?? []
    const [queries, vectors] = [recallsOf('queries'), recallsOf('vectors')]
    this.#ef = ef
    this.#isByAsked = this.isAsked
    this.#recalls = [...queries]
    if (queries.length > 0) this.#publish(recallFigure(queries, 'queries'))
    else this.#publish(vectors.length > 0 ? recallFigure(vectors, 'vectors') : null)
  }

  /** Takes up what an earlier process found out. */
  resume({ ef, recall }: KindStatus): void {
    this.#ef = ef
    this.#figure = recall
  }

  #publish(figure: RecallFigure | null): void {
    this.#sinceFigure = 0
    this.#figure = figure
  }
}
