import {
  type KindStatus,
  QUERY_KINDS,
  type QueryKind,
  type RecallFigure,
  type VectorQuery,
} from '../domain/vector-index.ts'
import type { HnswGraph } from './hnsw.ts'
import { Later } from './later.ts'
import { Lock } from './lock.ts'
import type { Current, Probe } from './probes.ts'
import { fallsShort } from './recall-figure.ts'
import { isOf, type Origin, readRemembered, writeRemembered } from './recall-file.ts'
import { RecallMeter } from './recall-meter.ts'
import { AUDIT_SHARE, RECALL_TARGET, type RecallOptions, WAIT_MS } from './recall-options.ts'
import { RecallWindow } from './recall-window.ts'
import { type Choice, WIDEST } from './tune.ts'

/** Until it is measured: what most collections need, and more. */
const FIRST_EF: Readonly<Record<QueryKind, number>> = { paper: 64, question: 128 }
/** What stands for questions may be easier than they are; in small collections, where that is so, width costs little. */
const LEAST_EF: Readonly<Record<QueryKind, number>> = { paper: 16, question: 64 }
/** Filtered answers were measured at this width (docs/decisions/0014-filter-planner.md); the samples here have no filter. */
const FILTERED_EF = 64
/** A collection that has grown or shrunk by more than this share is measured anew. */
const MOVED = 0.2

/**
 * Watches what the graph finds and keeps the search widths: it compares asked queries with exact search in the
 * background, chooses the narrowest widths that hold the target whenever the collection has changed much, and a wider
 * one when asked queries fall short of it.
 */
export class RecallKeeper {
  readonly target: number
  readonly #options: RecallOptions
  readonly #origin: Origin
  readonly #current: () => Current
  readonly #windows: Readonly<Record<QueryKind, RecallWindow>>
  readonly #meter: RecallMeter
  readonly #tunes: Later
  readonly #lock = new Lock()
  readonly #stop = new AbortController()
  /** What the widths were chosen for. */
  #tuned: { readonly graph: HnswGraph; readonly vectors: number } | null = null
  /** Kinds of which it was said that they fall short. */
  readonly #alarmed = new Set<QueryKind>()
  #auditing = false
  /** Before that nothing is measured: it may have been measured already. */
  #opened = false

  constructor(options: RecallOptions, current: () => Current) {
    const { ef, recallTarget = RECALL_TARGET, waitMs: afterMs = WAIT_MS } = options
    const { databaseId, fingerprint, settings, auditShare: share = AUDIT_SHARE, events } = options
    const { m, efConstruction } = settings
    const { signal } = this.#stop
    this.#meter = new RecallMeter({ current, signal, share, ef, target: recallTarget })
    this.target = recallTarget
    this.#options = options
    this.#origin = { databaseId, fingerprint, m, efConstruction, target: recallTarget }
    this.#current = current
    const window = (kind: QueryKind) => new RecallWindow(ef === 'auto' ? FIRST_EF[kind] : ef)
    this.#windows = { paper: window('paper'), question: window('question') }
    const onFailure = (error: unknown) => events.onFailure('recall_failed', error)
    this.#tunes = new Later({ afterMs, work: () => this.#lock.hold(() => this.#tuneAll()), onFailure })
  }

  /** Takes up what was found out before. Called again where it is only read, what the process that writes found since. */
  async open(): Promise<void> {
    const remembered = this.#options.ef === 'auto' ? await readRemembered(this.#options.dir) : null
    const { follower } = this.#current()
    if (follower && remembered && isOf(remembered, this.#origin)) {
      this.#tuned = { graph: follower.graph, vectors: remembered.vectors }
      for (const kind of QUERY_KINDS) this.#windows[kind].resume(remembered.kinds[kind])
    }
    this.#opened = true
    this.changed()
  }

  get kinds(): Readonly<Record<QueryKind, KindStatus>> {
    return { paper: this.#windows.paper.status, question: this.#windows.question.status }
  }

  /** All that `kinds`, `figure` and `isLow` depend on. */
  get parts(): readonly unknown[] {
    const { paper, question } = this.#windows
    return [paper.ef, paper.figure, question.ef, question.figure]
  }

  /** Of the kind of query that finds less; null until it is measured. */
  get figure(): RecallFigure | null {
    const [paper, question] = [this.#known('paper'), this.#known('question')]
    return paper && question && question.at10 < paper.at10 ? question : (paper ?? question)
  }

  /** Whether one kind of query surely finds less than the target. */
  get isLow(): boolean {
    return QUERY_KINDS.some((kind) => this.#isLow(kind))
  }

  /** The width of a query that names none. */
  efOf({ kind = 'question', within }: Pick<VectorQuery, 'kind' | 'within'>): number {
    const { ef } = this.#windows[kind]
    return within && this.#options.ef === 'auto' ? Math.max(ef, FILTERED_EF) : ef
  }

  /** Takes some of the queries that the graph answered at a width of this keeper. */
  note({ vector, of, exclude = [], kind = 'question', ef, leastEf = 0, within }: VectorQuery): void {
    const window = this.#windows[kind]
    if (this.#options.readOnly || ef !== undefined || within || leastEf > window.ef) return
    if (window.offer({ vector, of, exclude }) && !this.#auditing) void this.#audit()
  }

  /** The graph or the collection is another one than before. */
  changed(): void {
    if (this.#opened && !this.#options.readOnly && !this.#isTuned()) this.#tunes.ask()
  }

  stop(): void {
    this.#tunes.stop()
    this.#stop.abort()
  }

  /** Whether the widths are those for what there is, or there is nothing to choose them for. */
  #isTuned(): boolean {
    const { follower, matrix } = this.#current()
    if (!follower || matrix.size === 0) return true
    const { graph, vectors } = this.#tuned ?? { graph: null, vectors: 0 }
    return graph === follower.graph && Math.abs(matrix.size - vectors) <= MOVED * vectors
  }

  /** What stands for questions is good enough to choose a width by, but it says nothing of what anybody was answered. */
  #known(kind: QueryKind): RecallFigure | null {
    const { figure } = this.#windows[kind]
    return kind === 'question' && figure?.of === 'vectors' ? null : figure
  }

  #isLow(kind: QueryKind): boolean {
    const figure = this.#known(kind)
    return figure !== null && fallsShort(figure, this.target)
  }

  /** Compares what waits, one query after the other. */
  async #audit(): Promise<void> {
    this.#auditing = true
    try {
      for (let waiting = true; waiting; ) {
        waiting = false
        for (const kind of QUERY_KINDS) {
          const probe = this.#windows[kind].next()
          if (!probe) continue
          waiting = true
          await this.#lock.hold(() => this.#auditOne(kind, probe))
        }
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.events.onFailure('recall_failed', error)
    } finally {
      this.#auditing = false
    }
  }

  async #auditOne(kind: QueryKind, probe: Probe): Promise<void> {
    const window = this.#windows[kind]
    const recall = await this.#meter.recallOf(probe, window.ef)
    if (recall === null || !window.add(probe, recall, this.target)) return
    this.#sayIfLow(kind)
    if (this.#options.ef !== 'auto' || !this.#tuned) return
    const isLow = this.#isLow(kind)
    const isDue = isLow ? window.ef < WIDEST : kind === 'question' && window.isGuess
    const choice = isDue ? await this.#meter.choose(kind, window, isLow ? window.ef + 1 : LEAST_EF[kind]) : null
    if (choice) this.#apply(kind, choice)
    await this.#remember()
  }

  async #tuneAll(): Promise<void> {
    const { follower, matrix } = this.#current()
    if (!follower || this.#isTuned()) return
    const vectors = matrix.size
    const paper = await this.#meter.choose('paper', this.#windows.paper, LEAST_EF.paper)
    const question = await this.#meter.choose('question', this.#windows.question, LEAST_EF.question)
    if (paper && question && this.#current().follower?.graph === follower.graph) {
      this.#tuned = { graph: follower.graph, vectors }
      this.#apply('paper', paper)
      this.#apply('question', question)
      await this.#remember()
    }
    // Another graph may have come meanwhile, or much been written.
    this.changed()
  }

  #apply(kind: QueryKind, choice: Choice): void {
    const window = this.#windows[kind]
    const before = window.ef
    window.restart(choice)
    if (choice.ef !== before) this.#options.events.onSearchWidth(kind, window.status)
    this.#sayIfLow(kind)
  }

  #sayIfLow(kind: QueryKind): void {
    if (!this.#isLow(kind)) this.#alarmed.delete(kind)
    else if (!this.#alarmed.has(kind)) {
      this.#alarmed.add(kind)
      this.#options.events.onRecallLow(kind, this.#windows[kind].status)
    }
  }

  async #remember(): Promise<void> {
    const { dir, ef, readOnly } = this.#options
    if (ef !== 'auto' || readOnly || !this.#tuned) return
    await writeRemembered(dir, { ...this.#origin, vectors: this.#tuned.vectors, kinds: this.kinds })
  }
}
