interface LaterOptions {
  /** How long to wait from being asked, in milliseconds; after failures in a row twice as long each time. */
  readonly afterMs: number
  readonly work: () => Promise<void>
  readonly onFailure: (error: unknown) => void
}

const LONGEST_MS = 5 * 60_000
/** Who asks again and again puts the work off no longer than this many times the wait. */
const MOST_WAITS = 12

/** Work in the background that waits for a calm, and that is tried again when it fails. Its timer holds no process. */
export class Later {
  /** In a row, up to now. */
  failures = 0
  readonly #options: LaterOptions
  #timer: NodeJS.Timeout | null = null
  #askedAt = 0
  #stopped = false

  constructor(options: LaterOptions) {
    this.#options = options
  }

  /** Runs the work when nobody has asked for a while. */
  ask(): void {
    if (this.#stopped) return
    if (!this.#timer) {
      this.#askedAt = performance.now()
      this.#timer = setTimeout(() => this.run(), this.#wait()).unref()
    } else if (this.failures === 0 && performance.now() - this.#askedAt < MOST_WAITS * this.#options.afterMs) {
      this.#timer.refresh()
    }
  }

  /** Runs the work now. */
  run(): void {
    this.#clear()
    if (!this.#stopped) void this.#try()
  }

  stop(): void {
    this.#stopped = true
    this.#clear()
  }

  async #try(): Promise<void> {
    try {
      await this.#options.work()
      this.failures = 0
    } catch (error) {
      if (this.#stopped) return
      this.failures += 1
      this.#options.onFailure(error)
      this.ask()
    }
  }

  #wait(): number {
    const { afterMs } = this.#options
    return Math.min(Math.max(LONGEST_MS, afterMs), afterMs * 2 ** this.failures)
  }

  #clear(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}
