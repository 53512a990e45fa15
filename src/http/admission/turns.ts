/** Overload is what lasts: a burst that takes no longer than this is worked off. */
const INTERVAL_MS = 150
/** As long as those who were refused are told to stay away, no burst is: else each pause of a crowd would allow another. */
const FORGIVEN_AFTER_MS = 1_000
/** So many clients, each with one request after the other, are no overload, however long a request takes. */
const LEAST_A_TURN = 16
/** A request may come when a turn begins, and wait for its place in the next one as well. */
const TURN_SHARE = 0.5

/** How long a turn may be, in milliseconds, where a request may wait for `maxWaitMs`. */
export const turnMs = (maxWaitMs: number): number => TURN_SHARE * maxWaitMs

interface Options {
  /** How long a request may wait while more come than can be answered. */
  readonly maxWaitMs: number
  /** Whether others wait that are not read now: what is read then is not the whole turn. */
  readonly isPartial?: () => boolean
  /** When a turn ends that took so long. */
  readonly onEnd?: (tookMs: number) => void
}

/**
 * Sees the queue that forms before the event loop. Requests that are answered without waiting never are in flight
 * together: they wait unread in their sockets until the loop comes round to them, so what is counted is how long the
 * loop is at requests before it looks for others (a turn). A request waits for a turn or two.
 *
 * The rule is that of controlled delay (CoDel: Nichols, Jacobson, "Controlling Queue Delay", 2012) over turns: when no
 * turn was short for an interval, a turn takes requests for half of `maxWaitMs` only and the rest of it is refused. As
 * there, an overload that comes back soon is the same one.
 */
export class Turns {
  readonly #options: Required<Options>
  #isOpen = false
  #startedAt = 0
  #endedAt = 0
  /** When nothing was left waiting for the last time. */
  #calmAt = 0
  #refusedAt = Number.NEGATIVE_INFINITY
  #patienceMs = 0
  #taken = 0
  #refused = 0
  #isPartial = false
  #wasLong = false

  constructor(options: Options) {
    this.#options = { isPartial: () => false, onEnd: () => undefined, ...options }
  }

  /** Whether another request is to be worked on in this turn. */
  take(): boolean {
    const now = performance.now()
    this.#join(now)
    const isFull = this.#taken >= LEAST_A_TURN && now - this.#startedAt >= this.#patienceMs
    if (isFull) this.#refuse(now)
    else this.#taken += 1
    return !isFull
  }

  /** Refuses a request whatever the time; whether there would have been time for another one. */
  pass(): boolean {
    const now = performance.now()
    this.#join(now)
    this.#refuse(now)
    return this.#taken < LEAST_A_TURN
  }

  /** Whether there is more to do than can be done: requests are refused, or have made turns long for an interval. */
  get isBusy(): boolean {
    const now = performance.now()
    if (now - this.#refusedAt < INTERVAL_MS) return true
    const lasts = this.#endedAt - this.#calmAt >= INTERVAL_MS
    return this.#wasLong && lasts && now - this.#endedAt < INTERVAL_MS
  }

  #refuse(now: number): void {
    this.#refused += 1
    this.#refusedAt = now
  }

  #join(now: number): void {
    const isPartial = this.#options.isPartial()
    if (!this.#isOpen) {
      // Those who are let in one after the other are one turn.
      if (!(isPartial && this.#isPartial)) this.#begin(now)
      this.#isOpen = true
      // Runs when every socket that had something to read has been read.
      setImmediate(() => this.#end())
    }
    this.#isPartial ||= isPartial
  }

  #begin(now: number): void {
    this.#startedAt = now
    this.#taken = 0
    this.#refused = 0
    this.#isPartial = false
    if (now - this.#endedAt >= INTERVAL_MS) this.#calmAt = now
    const isForgiven = now - this.#refusedAt >= FORGIVEN_AFTER_MS
    this.#patienceMs = Math.max(turnMs(this.#options.maxWaitMs), isForgiven ? this.#calmAt + INTERVAL_MS - now : 0)
  }

  #end(): void {
    this.#isOpen = false
    this.#endedAt = performance.now()
    const tookMs = this.#endedAt - this.#startedAt
    this.#options.onEnd(tookMs)
    // It is short because others are not read, which says nothing of how much there is to do.
    if (this.#isPartial) return
    const isShort = tookMs <= this.#options.maxWaitMs
    this.#wasLong = !isShort
    if (isShort && this.#refused === 0) this.#calmAt = this.#endedAt
  }
}
