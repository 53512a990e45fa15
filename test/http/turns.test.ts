import { afterEach, describe, expect, it, vi } from 'vitest'
import { LIMITS } from '../../src/http/admission/admission.ts'
import { Turns } from '../../src/http/admission/turns.ts'
import { createRandom } from '../support/random.ts'

interface Load {
  /** Requests a millisecond; each comes on a connection of its own. */
  readonly rate: number
  readonly serviceMs: number
  readonly forMs: number
}

/** What `scripts/bench-overload.mjs` shows for the app behind it. */
const REFUSAL_MS = 0.02

interface Outcome {
  /** How long each of the answers took, in order. */
  readonly answered: number[]
  readonly refused: number[]
  /** How long after the beginning the last request was refused. */
  lastRefusalAfter: number
}

const quantile = (times: readonly number[], share: number): number =>
  times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0

/** An event loop whose clock moves only by the work that it does: it reads every socket that is ready, then looks again. */
class Loop {
  /** Whether connections come in that are served before others are read. */
  isDoorOpen = false
  readonly #turns = new Turns({ ...LIMITS, isPartial: () => this.isDoorOpen })
  readonly #random = createRandom(3)
  #due: (() => void)[] = []
  #now = 1_000
  #next = 1_000

  constructor() {
    vi.spyOn(performance, 'now').mockImplementation(() => this.#now)
    vi.stubGlobal('setImmediate', (work: () => void) => this.#due.push(work))
  }

  run(load: Load): Outcome {
    const began = this.#now
    const outcome: Outcome = { answered: [], refused: [], lastRefusalAfter: 0 }
    while (this.#now < began + load.forMs) {
      for (const at of this.#ready(load.rate)) {
        const isTaken = this.#turns.take()
        this.#now += isTaken ? load.serviceMs : REFUSAL_MS
        if (!isTaken) outcome.lastRefusalAfter = this.#now - began
        const times = isTaken ? outcome.answered : outcome.refused
        times.push(this.#now - at)
      }
      for (const work of this.#due.splice(0)) work()
    }
    for (const times of [outcome.answered, outcome.refused]) times.sort((one, other) => one - other)
    return outcome
  }

  /** Nobody asks for so long. */
  pause(forMs: number): void {
    this.#now += forMs
    this.#next = this.#now
  }

  /** When each of those came that wait now; where nobody does, the loop sleeps until somebody comes. */
  #ready(rate: number): number[] {
    this.#now = Math.max(this.#now, this.#next)
    const ready: number[] = []
    for (; this.#next <= this.#now; this.#next += -Math.log(1 - this.#random()) / rate) ready.push(this.#next)
    return ready
  }
}

const simulate = (load: Load): Outcome => new Loop().run(load)

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const MINUTE_MS = 60_000
/** `load` times what can be answered. */
const minute = (serviceMs: number, load: number): Load => ({ rate: load / serviceMs, serviceMs, forMs: MINUTE_MS })

describe('turns of the event loop', () => {
  it.for([0.5, 1, 3, 10, 40])(
    'keep answers of %d ms near their time at capacity under ten times the load',
    (serviceMs, { annotate }) => {
      const quiet = simulate(minute(serviceMs, 0.95))
      const over = simulate(minute(serviceMs, 10))
      const [usual, slow] = [quantile(quiet.answered, 0.99), quantile(over.answered, 0.99)]
      const share = (over.answered.length * serviceMs) / MINUTE_MS
      void annotate(
        `p99 ${usual.toFixed(0)} ms, then ${slow.toFixed(0)} ms; ${(100 * share).toFixed(0)} % of the capacity`,
      )
      expect(slow).toBeLessThanOrEqual(3 * usual)
      expect(quantile(over.refused, 0.99)).toBeLessThanOrEqual(slow)
      expect(share).toBeGreaterThan(0.5)
    },
  )

  it('refuse nothing below capacity, and nothing any more soon after an overload', () => {
    const loop = new Loop()
    expect(loop.run(minute(1, 0.8)).refused).toEqual([])
    expect(loop.run(minute(1, 10)).refused.length).toBeGreaterThan(0)
    expect(loop.run(minute(1, 0.8)).lastRefusalAfter).toBeLessThan(5_000)
  })

  it('take no second burst while those who were refused are told to stay away', () => {
    const loop = new Loop()
    loop.run(minute(1, 10))
    loop.pause(200)
    const again = loop.run({ rate: 80, serviceMs: 1, forMs: 1.5 })
    expect(again.refused.length).toBeGreaterThan(again.answered.length)
    loop.pause(1_000)
    expect(loop.run({ rate: 80, serviceMs: 1, forMs: 1.5 }).refused).toEqual([])
  })

  it('take no more of a crowd that is let in one after the other than of one that comes at once', () => {
    const loop = new Loop()
    loop.run(minute(1, 10))
    loop.isDoorOpen = true
    const crowd = Array.from({ length: 60 }, () => loop.run({ rate: 1, serviceMs: 1, forMs: 0.01 }))
    expect(crowd.flatMap(({ answered }) => answered)).toHaveLength(2)
    expect(crowd.flatMap(({ refused }) => refused).length).toBeGreaterThan(16)
  })

  it('take a burst as a whole', () => {
    const burst = simulate({ rate: 80, serviceMs: 1, forMs: 1.5 })
    expect(burst.refused).toEqual([])
    expect(burst.answered.length).toBeGreaterThan(50)
  })

  it('end with what was left for their end, which takes its time as everything else', () => {
    let [now, due, ended, left] = [1_000, [] as (() => void)[], [] as number[], 0]
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    vi.stubGlobal('setImmediate', (work: () => void) => due.push(work))
    const beforeEnd = () => {
      now += left
    }
    const turns = new Turns({ ...LIMITS, beforeEnd, onEnd: () => ended.push(now) })
    const turn = (requests: number, leaving: number) => {
      for (let at = 0; at < requests; at += 1) turns.take()
      left = leaving
      for (const work of due.splice(0)) work()
    }
    turn(2, 3)
    expect([ended, turns.isShared]).toEqual([[1_003], false])
    turn(3, 2)
    expect([ended, turns.isShared]).toEqual([[1_003, 1_005], true])
    // More than can be answered in time are a crowd.
    turn(40, 80)
    expect(turns.isShared).toBe(false)
    turn(3, 1)
    expect(turns.isShared).toBe(true)
    now += 1_000
    expect(turns.isShared).toBe(false)
  })
})
