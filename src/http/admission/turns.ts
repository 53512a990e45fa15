/** Overload is what lasts: a burst that takes no longer than this is worked off. */
const INTERVAL_MS = 150
/** So many clients, each with one request after the other, are no overload, however long a request takes. */
const LEAST_A_TURN = 16

/**
 * Sees the queue that forms before the event loop. Requests that are answered without waiting never are in flight
 * together: they wait unread in their sockets until the loop comes round to them, so what is counted is how long the
 * loop is at requests before it looks for others (a turn). A request waits for a turn or two.
 *
 * The rule is that of controlled delay (CoDel: Nichols, Jacobson, "Controlling Queue Delay", 2012) over turns: when no
 * turn was short for an interval, a turn takes requests for `maxWaitMs` only and the rest of it is refused.
 */
export class Turns {
  readonly #maxWaitMs: number
  readonly #onEnd: (tookMs: number) => void
  #isOpen = false
  #startedAt = 0
  #endedAt = 0
  /** When nothing was left waiting for the last time. */
  #calmAt = 0
  #patienceMs = 0
  #taken = 0
  #refused = 0
  #isPartial = false
  #wasLong = false

  /** `onEnd` is called when a turn ends. */
  constructor(maxWaitMs: number, onEnd: (tookMs: number) => void = () => undefined) {
    this.#maxWaitMs = maxWaitMs
    this.#onEnd = onEnd
  }

  /** Whether another request is to be worked on in this turn; `isPartial` where others wait that are not read now. */
  take(isPartial = false): boolean {
    const now = performance.now()
    if (!this.#isOpen) this.#begin(now)
    this.#isPartial ||= isPartial
    const isFull = this.#taken >= LEAST_A_TURN && now - this.#startedAt >= this.#patienceMs
    if (isFull) this.#refused += 1
    else this.#taken += 1
    return !isFull
  }

  /** Refuses a request whatever the time; whether there would have been time for another one. */
  pass(): boolean {
    if (!this.#isOpen) this.#begin(performance.now())
    this.#refused += 1
    return this.#taken < LEAST_A_TURN
  }

  /** Whether requests have made turns long for an interval, up to now. */
  get isBusy(): boolean {
    const lasts = this.#endedAt - this.#calmAt >= INTERVAL_MS
    return this.#wasLong && lasts && performance.now() - this.#endedAt < INTERVAL_MS
  }

  #begin(now: number): void {
    this.#isOpen = true
    this.#startedAt = now
    this.#taken = 0
    this.#refused = 0
    if (now - this.#endedAt >= INTERVAL_MS) this.#calmAt = now
    this.#patienceMs = Math.max(this.#maxWaitMs, this.#calmAt + INTERVAL_MS - now)
    // Runs when every socket that had something to read has been read.
    setImmediate(() => this.#end())
  }

  #end(): void {
    this.#isOpen = false
    this.#endedAt = performance.now()
    this.#onEnd(this.#endedAt - this.#startedAt)
    if (this.#isPartial) {
      // It is short because the door is open, which says nothing of how much there is to do.
      this.#isPartial = false
      return
    }
    const isShort = this.#endedAt - this.#startedAt <= this.#maxWaitMs
    this.#wasLong = !isShort
    if (isShort && this.#refused === 0) this.#calmAt = this.#endedAt
  }
}
