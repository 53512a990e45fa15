/** So many requests wait for their searches at most: in the time that their own answers take, the first one is found. */
const MOST_HELD = 8

interface Held {
  readonly run: () => void
  readonly refuse: (reason: unknown) => void
}

/**
 * Requests of one turn of the event loop whose searches another thread has begun. While it searches, the next requests
 * are read; so two processors work for one event loop. None waits beyond its turn.
 */
export class Lookahead {
  readonly #held: Held[] = []

  /** Answers a little later in this turn. */
  hold<T>(answer: () => T | Promise<T>): Promise<T> {
    const held = new Promise<T>((resolve, refuse) => {
      this.#held.push({ run: () => resolve(answer()), refuse })
    })
    if (this.#held.length > MOST_HELD) this.#next()
    return held
  }

  /** To be called when nothing more is to be read in a turn. */
  endTurn(): void {
    while (this.#held.length > 0) this.#next()
  }

  #next(): void {
    const held = this.#held.shift()
    try {
      held?.run()
    } catch (error) {
      held?.refuse(error)
    }
  }
}
