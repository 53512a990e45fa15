/** So many requests wait for their searches at most: in the time that their own answers take, the first one is found. */
const MOST_HELD = 8

/**
 * Requests of one turn of the event loop whose searches another thread has begun. While it searches, the next requests
 * are read; so two processors work for one event loop. None waits beyond its turn.
 */
export class Lookahead {
  readonly #held: (() => void)[] = []

  /** Answers a little later in this turn. */
  hold<T>(answer: () => T | Promise<T>): Promise<T> {
    const held = new Promise<T>((resolve, reject) => {
      this.#held.push(() => {
        try {
          resolve(answer())
        } catch (error) {
          reject(error)
        }
      })
    })
    if (this.#held.length > MOST_HELD) this.#held.shift()?.()
    return held
  }

  /** To be called when nothing more is to be read in a turn. */
  endTurn(): void {
    for (const answer of this.#held.splice(0)) answer()
  }
}
