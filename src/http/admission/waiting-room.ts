/** What comes within this time of the first came at once. */
const BURST_MS = 50
/** How many times the limit a burst may be. */
const MOST_OF_A_BURST = 4

/** A request that waits. */
export interface Waiting {
  readonly since: number
}

/**
 * Requests that wait for the same work, at most so many; a burst may be larger, as long as everyone in it came at once:
 * a hundred that ask the same wait for one embedding.
 */
export class WaitingRoom {
  readonly #limit: number
  /** In the order in which they came. */
  readonly #inside = new Set<Waiting>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#inside.size
  }

  /** Null where it is full. */
  enter(now: number): Waiting | null {
    if (this.#isFull(now)) return null
    const one = { since: now }
    this.#inside.add(one)
    return one
  }

  leave(one: Waiting): void {
    this.#inside.delete(one)
  }

  #isFull(now: number): boolean {
    if (this.size < this.#limit) return false
    const [oldest] = this.#inside
    return this.size >= MOST_OF_A_BURST * this.#limit || (oldest !== undefined && now - oldest.since >= BURST_MS)
  }
}
