import type { Socket } from 'node:net'

/** All of them are read again within about this time. */
const LONGEST_MS = 50
/** Unless so many more than this would be refused in a millisecond that little time is left for answers. */
const MOST_PER_MS = 5
/** What is due is spread over so many turns: else the turn after a long one would be long by what was due meanwhile. */
const SPREAD = 4

/**
 * Connections whose request was refused for want of time: they are left unread, and read again in their order, so many a
 * millisecond. Clients that ask again at once would otherwise make each turn as long as their number;
 * so those that are answered wait for a short turn, and the others for each other.
 */
export class Backlog {
  readonly #maxWaitMs: number
  /** Since when each of them is left unread, the first that was refused first. */
  readonly #unread = new Map<Socket, number>()
  /** Just read again, after so long a time that a request which waits there is out of date. */
  readonly #late = new Set<Socket>()
  /** Refused in this turn. */
  #refused: Socket[] = []
  /** How many are to be read again by now. */
  #due = 0
  #readOnAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs
  }

  get size(): number {
    return this.#unread.size
  }

  /** Whether the request that came now has waited here, longer than requests shall wait. */
  isLate(socket: Socket): boolean {
    return this.#late.has(socket)
  }

  /** The request that came was refused. */
  refused(socket: Socket): void {
    this.#refused.push(socket)
  }

  left(socket: Socket): void {
    this.#unread.delete(socket)
    this.#late.delete(socket)
  }

  /** When a turn ends. */
  turned(): void {
    this.#readOn()
    const now = performance.now()
    for (const socket of this.#refused) this.#leave(socket, now)
    this.#refused = []
    this.#wait()
  }

  /** How many are read again now. */
  #take(now: number): number {
    const passedMs = now - this.#readOnAt
    this.#readOnAt = now
    const perMs = Math.min(MOST_PER_MS, this.size / LONGEST_MS)
    this.#due += perMs * passedMs
    const some = Math.ceil(this.#due / SPREAD)
    this.#due = Math.max(0, this.#due - some)
    return some
  }

  #readOn(): void {
    const now = performance.now()
    let left = this.#take(now)
    for (const [socket, since] of this.#unread) {
      if (left === 0) break
      left -= 1
      this.#unread.delete(socket)
      if (now - since > this.#maxWaitMs) this.#late.add(socket)
      socket.resume()
    }
    // By then the loop has read what waited there, and no turn has ended yet; what comes later comes in time.
    if (this.#late.size > 0) setImmediate(() => this.#late.clear())
  }

  /** What others have paused is not ours to resume. */
  #leave(socket: Socket, now: number): void {
    if (socket.destroyed || socket.isPaused()) return
    socket.pause()
    this.#unread.set(socket, now)
  }

  /** Turns end only where somebody asks; where nobody does, it goes on by the clock. */
  #wait(): void {
    clearTimeout(this.#timer)
    if (this.size === 0) return
    this.#timer = setTimeout(() => {
      this.#readOn()
      this.#wait()
    }, this.#maxWaitMs)
  }
}
