import type { Socket } from 'node:net'

/** No longer than this at a time are requests left unread. */
const LONGEST_MS = 100

/**
 * Lets waiting connections in before requests are read. Node accepts one connection in a turn of the event loop, so while
 * turns are long those that come in a crowd would wait for seconds, and /healthz with them. Sockets that are not read
 * take no part in a turn: it is over at once, and the next connection is accepted.
 */
export class Door {
  readonly #connections: () => Iterable<Socket>
  readonly #held = new Set<Socket>()
  #openedAt = Number.NEGATIVE_INFINITY
  /** Whether one came since the last look. */
  #hasCome = false

  constructor(connections: () => Iterable<Socket>) {
    this.#connections = connections
  }

  /** Whether requests are left unread right now. */
  get isOpen(): boolean {
    return this.#held.size > 0
  }

  /** A connection has come; `isBusy` while requests make turns long. */
  came(isBusy: boolean): void {
    this.#hasCome = true
    if (!this.isOpen) {
      // As long as they were held up, the others have their turns before it happens again.
      if (!isBusy || performance.now() - this.#openedAt < 2 * LONGEST_MS) return
      this.#open()
    }
    for (const socket of this.#connections()) this.#hold(socket)
  }

  #open(): void {
    this.#openedAt = performance.now()
    const look = (): void => {
      const isOver = !this.#hasCome || performance.now() - this.#openedAt >= LONGEST_MS
      this.#hasCome = false
      if (isOver) this.#close()
      else setImmediate(look)
    }
    setImmediate(look)
  }

  #hold(socket: Socket): void {
    // Node reads on after an answer, also where it was told to pause. What is paused by others is not ours to resume.
    if (socket.isPaused()) return
    this.#held.add(socket)
    socket.pause()
  }

  #close(): void {
    for (const socket of this.#held) socket.resume()
    this.#held.clear()
  }
}
