import type { QueryKind } from '../domain/vector-index.ts'
import { Pace } from './pace.ts'
import { type Current, judge, judgeAll, type Probe, paperProbes, questionProbes, recallOf } from './probes.ts'
import type { RecallWindow } from './recall-window.ts'
import { type Choice, chooseWidth, measure, type ProbeGroup, WIDEST } from './tune.ts'

/** Choosing a width happens seldom and may take this many times the share. */
const CHOOSING = 10

/** What stands for questions may also be harder than they are: asked questions may go beyond this, it may not. */
const WIDEST_GUESS = 192
/** With fewer of the probes than this share nothing is chosen. */
const MOST_JUDGED = 0.5

interface Metering {
  readonly current: () => Current
  /** Ends all work when the index is closed. */
  readonly signal: AbortSignal
  /** Of one core, up to 1. */
  readonly share: number
  readonly ef: number | 'auto'
  readonly target: number
}

/** Compares what the graph finds with exact search, at a small share of the processor. */
export class RecallMeter {
  readonly #metering: Metering
  /** Of comparing asked queries. */
  readonly #pace: Pace

  constructor(metering: Metering) {
    this.#metering = metering
    this.#pace = this.#paceOf(metering.share)
  }

  /** What the graph finds of the exact answer, after a rest; null while there is no graph, or no time between writes. */
  async recallOf(probe: Probe, ef: number): Promise<number | null> {
    const { current } = this.#metering
    this.#pace.begin()
    const judged = await judge(current, probe, this.#pace)
    const { follower, matrix } = current()
    const recall = judged && follower && recallOf({ matrix, follower, ef }, judged)
    await this.#pace.rest()
    return recall
  }

  /**
   * The width for a kind of query, from `least` on, or only what is found where the width is given. Null where the graph
   * was replaced meanwhile, or writes left no time.
   */
  async choose(kind: QueryKind, window: RecallWindow, least: number): Promise<Choice | null> {
    const { current, share, ef, target } = this.#metering
    const pace = this.#paceOf(CHOOSING * share)
    const graph = current().follower?.graph
    const [own, { asked }] = [this.#ownProbes(kind, window), window]
    const groups: ProbeGroup[] = [
      { of: 'vectors', probes: await judgeAll(current, own, pace) },
      { of: 'queries', probes: await judgeAll(current, asked, pace) },
    ]
    const judged = groups.reduce((sum, { probes }) => sum + probes.length, 0)
    if (judged < MOST_JUDGED * (own.length + asked.length)) return null
    const most = kind === 'question' && asked.length === 0 ? WIDEST_GUESS : WIDEST
    const measureAt = (width: number) => measure(() => ({ ...current(), ef: width }), groups, pace)
    const choice =
      ef === 'auto' ? await chooseWidth({ target, least, most }, measureAt) : { ef, measured: await measureAt(ef) }
    return graph && current().follower?.graph === graph ? choice : null
  }

  #ownProbes(kind: QueryKind, { isAsked }: RecallWindow): Probe[] {
    const { matrix } = this.#metering.current()
    if (kind === 'paper') return paperProbes(matrix)
    // What was asked is better than what stands for it.
    return isAsked ? [] : questionProbes(matrix)
  }

  #paceOf(share: number): Pace {
    return new Pace(Math.min(1, share), this.#metering.signal)
  }
}
