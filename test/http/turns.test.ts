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
  /** When the last request was refused; null where none was. */
  readonly lastRefusalAt: number | null
}

const quantile = (times: readonly number[], share: number): number =>
  times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0

/** An event loop whose clock moves only by the work that it does: it reads every socket that is ready, then looks again. */
function simulate(loads: readonly Load[], seed = 3): Outcome[] {
  let now = 1_000
  let due: (() => void)[] = []
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  vi.stubGlobal('setImmediate', (work: () => void) => due.push(work))
  const random = createRandom(seed)
  const turns = new Turns(LIMITS.maxWaitMs)
  let next = now
  return loads.map(({ rate, serviceMs, forMs }) => {
    const until = now + forMs
    const [answered, refused]: [number[], number[]] = [[], []]
    let lastRefusalAt: number | null = null
    next = Math.max(next, now)
    while (now < until) {
      if (next > now) now = next
      const ready: number[] = []
      for (; next <= now; next += -Math.log(1 - random()) / rate) ready.push(next)
      for (const at of ready) {
        const taken = turns.take()
        now += taken ? serviceMs : REFUSAL_MS
        if (!taken) lastRefusalAt = now - until + forMs
        const times = taken ? answered : refused
        times.push(now - at)
      }
      for (const work of due.splice(0)) work()
      due = []
    }
    for (const times of [answered, refused]) times.sort((one, other) => one - other)
    return { answered, refused, lastRefusalAt }
  })
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const MINUTE_MS = 60_000
/** `load` times what can be answered. */
const minute = (serviceMs: number, load: number): Load => ({ rate: load / serviceMs, serviceMs, forMs: MINUTE_MS })

describe('turns of the event loop', () => {
  it.each([0.5, 1, 3, 10, 40])(
    'keep answers of %d ms near their time at capacity under ten times the load',
    (serviceMs, { annotate }) => {
      const [quiet] = simulate([minute(serviceMs, 0.95)])
      const [over] = simulate([minute(serviceMs, 10)])
      if (!quiet || !over) throw new Error('nothing was simulated')
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
    const [quiet, , after] = simulate([minute(1, 0.8), minute(1, 10), minute(1, 0.8)])
    expect(quiet?.refused).toEqual([])
    expect(after?.lastRefusalAt ?? 0).toBeLessThan(5_000)
  })

  it('take a burst as a whole', () => {
    const [burst] = simulate([{ rate: 100, serviceMs: 1, forMs: 1.5 }])
    expect(burst?.refused).toEqual([])
    expect(burst?.answered.length).toBeGreaterThan(50)
  })
})
