import type { Socket } from 'node:net'

/** No answer waits longer than this for others, in milliseconds. */
const LONGEST_MS = 1

/**
 * Answers of one turn of the event loop go out together: each write by itself wakes its reader, which takes the system
 * as long as the write. Where one request comes after the other a turn has one, and nothing waits.
 */
export class HeldWrites {
  #sockets: Socket[] = []
  #since = 0
  readonly flush = (): void => {
    const sockets = this.#sockets
    this.#sockets = []
    for (const socket of sockets) socket.uncork()
  }

  /** What is written to the socket from now on waits until the end of the turn, or until others have waited long enough. */
  hold(socket: Socket | null): void {
    if (!socket) return
    socket.cork()
    if (this.#sockets.push(socket) > 1) return
    this.#since = performance.now()
    setImmediate(this.flush)
  }

  /** To be called when an answer is written. */
  written(): void {
    if (this.#sockets.length > 1 && performance.now() - this.#since >= LONGEST_MS) this.flush()
  }
}
