/** One piece of work at a time, in the order asked for. */
export class Lock {
  #tail: Promise<void> = Promise.resolve()

  /** Runs the work when everything that was asked for before is over, whether it went well or not. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work)
    this.#tail = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  /** Resolves when nothing that was begun is under way any more. */
  settled(): Promise<void> {
    return this.#tail
  }
}
