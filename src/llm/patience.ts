import { KindredError } from '../domain/errors.ts'

/** A whole answer may take so many times as long as a silence. */
const TOTAL = 10

/** Ends a request when its caller does, when the other side is silent for too long, or when it takes too long in all. */
export class Patience {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  readonly #total: NodeJS.Timeout
  readonly #caller: AbortSignal | undefined
  readonly #onAbort = () => this.#controller.abort()
  #silence: NodeJS.Timeout | undefined
  #late: string | null = null

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs
    this.#caller = caller
    caller?.addEventListener('abort', this.#onAbort, { once: true })
    if (caller?.aborted) this.#onAbort()
    this.#total = setTimeout(() => this.#give(`did not end within ${TOTAL * timeoutMs} ms`), TOTAL * timeoutMs)
    this.wait()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  #give(what: string): void {
    this.#late = what
    this.#controller.abort()
  }

  /** From now on it is the other side's turn. */
  wait(): void {
    this.rest()
    this.#silence = setTimeout(() => this.#give(`was silent for ${this.#timeoutMs} ms`), this.#timeoutMs)
  }

  /** The other side has spoken; how long we take does not count. */
  rest(): void {
    clearTimeout(this.#silence)
  }

  end(): void {
    this.rest()
    clearTimeout(this.#total)
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }

  /** Why the request was ended from here: UPSTREAM_TIMEOUT or INTERRUPTED; null where it was not. */
  get reason(): KindredError | null {
    if (this.#late !== null) return new KindredError('UPSTREAM_TIMEOUT', `The language model ${this.#late}.`)
    return this.signal.aborted ? new KindredError('INTERRUPTED', 'The question was taken back.') : null
  }
}
