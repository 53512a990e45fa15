/** Overload is what lasts: a burst that takes no longer than this is worked off. The interval that CoDel has by default (RFC 8289). */
const INTERVAL_MS = 100
/** As long as those who were refused are told to stay away, no burst is: else each pause of a crowd would allow another. */
const FORGIVEN_AFTER_MS = 1_000
/** So many clients, each with one request after the other, are no overload, however long a request takes. */
const LEAST_A_TURN = 16
/** And so many of a crowd are answered in a turn, however long they take. */
const LEAST_OF_A_CROWD = 2
/** From so many on, those of a turn can wait a little for each other. */
const SEVERAL = 3
/** Those of a crowd that are answered wait for the turn before theirs and for each other, and shall hardly notice it. */
const TURN_SHARE = 0.05

interface Options {
  /** How long a request may wait while more come than can be answered. */
  readonly maxWaitMs: number
  /** How many connections have been refused and are not read now. */
  readonly unread?: () => number
  /** Whether others wait that are not read now: what is read then is not the whole turn. */
  readonly isPartial?: () => boolean
  /** When everything has been read that came in a turn: what is left to do of it. */
  readonly beforeEnd?: () => void
  /** When a turn has ended. */
  readonly onEnd?: () => void
}

/**
 * Sees the queue that forms before the event loop. Requests that are answered without waiting never are in flight
 * together: they wait unread in their sockets until the loop comes round to them, so what is counted is how long the
 * loop is at requests before it looks for others (a turn). A request waits for a turn or two.
 *
 * The rule is that of controlled delay (CoDel: Nichols, Jacobson, "Controlling Queue Delay", 2012) over turns: when no
 * turn was short for an interval, a turn takes requests for a twentieth of `maxWaitMs` only and the rest of it is refused,
 * until all that ask can be answered within `maxWaitMs` again. As there, an overload that comes back soon is the same one.
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
  #least = LEAST_A_TURN
  /** Requests that came in the last turn, and connections that were not read. */
  #asking = 0
  #isCrowd = false
  #taken = 0
  #refused = 0
  #isPartial = false

  constructor(options: Options) {
    this.#options = {
      unread: () => 0,
      isPartial: () => false,
      beforeEnd: () => undefined,
      onEnd: () => undefined,
      ...options,
    }
  }

  /** Whether another request is to be worked on in this turn. */
  take(): boolean {
    const now = performance.now()
    this.#join(now)
    const isFull = this.#taken >= this.#least && now - this.#startedAt >= this.#patienceMs
    if (isFull) this.#refuse(now)
    else this.#taken += 1
    return !isFull
  }

  /** Refuses a request whatever the time; whether there would have been time for another one. */
  pass(): boolean {
    const now = performance.now()
    this.#join(now)
    this.#refuse(now)
    return !this.#isCrowd || this.#taken < this.#least
  }

  /** Whether requests make turns long: more came in the last one than few clients send, or some are refused. */
  get isBusy(): boolean {
    const now = performance.now()
    return now - this.#refusedAt < INTERVAL_MS || (this.#asking > LEAST_A_TURN && now - this.#endedAt < INTERVAL_MS)
  }

  /** Whether several came in the last turn, and all of them can be answered. */
  get isShared(): boolean {
    return !this.#isCrowd && this.#asking >= SEVERAL && performance.now() - this.#endedAt < INTERVAL_MS
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
    const { maxWaitMs } = this.#options
    this.#least = this.#isCrowd ? LEAST_OF_A_CROWD : LEAST_A_TURN
    this.#patienceMs = this.#isCrowd ? TURN_SHARE * maxWaitMs : maxWaitMs
    const isForgiven = now - this.#refusedAt >= FORGIVEN_AFTER_MS
    if (isForgiven) this.#patienceMs = Math.max(this.#patienceMs, this.#calmAt + INTERVAL_MS - now)
  }

  /** What a turn says of how much there is to do: whether all that ask take longer than one of them may wait. */
  #judge(tookMs: number): void {
    const { maxWaitMs, unread } = this.#options
    this.#asking = this.#taken + this.#refused + unread()
    const eachMs = tookMs / Math.max(1, this.#taken)
    this.#isCrowd = this.#asking > LEAST_A_TURN && this.#asking * eachMs > maxWaitMs
    if (tookMs <= maxWaitMs && this.#refused === 0) this.#calmAt = this.#endedAt
  }

  #end(): void {
    this.#options.beforeEnd()
    this.#isOpen = false
    this.#endedAt = performance.now()
    // It is long or short because others are not read, which says nothing of the next one.
    if (!this.#isPartial) this.#judge(this.#endedAt - this.#startedAt)
    this.#options.onEnd()
  }
}
