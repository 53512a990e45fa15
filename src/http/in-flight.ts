import type { ServerResponse } from 'node:http'

interface Running {
  readonly response: ServerResponse
  /** Resolves or rejects when the handler has ended. */
  readonly done: Promise<void>
  /** Its place in the list. */
  at: number
}

/**
 * Requests whose handlers run. A list, and no Map: V8's tables for a Map point to the ones that took their place, so that
 * a single one that has grown old keeps all later ones alive, with the answers that were in them, until old objects are
 * collected as well.
 */
export class InFlight {
  readonly #running: Running[] = []

  get responses(): ServerResponse[] {
    return this.#running.map(({ response }) => response)
  }

  /** Calls `leave` when the handler has ended. */
  follow(response: ServerResponse, handled: Promise<void>, leave: () => void): void {
    const done = handled.finally(() => {
      this.#remove(running)
      leave()
    })
    const running: Running = { response, done, at: this.#running.length }
    this.#running.push(running)
  }

  /** When all handlers of now have ended, whether it went well or not. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running.map(({ done }) => done))
  }

  /** The last one takes its place. */
  #remove(running: Running): void {
    const last = this.#running.pop()
    if (!last || last === running) return
    last.at = running.at
    this.#running[running.at] = last
  }
}
