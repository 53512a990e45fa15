import { setTimeout } from 'node:timers/promises'
import { ownTurn } from '../domain/own-turn.ts'

/** Between two turns of the event loop, so that a request waits no longer for what nobody waits for. */
const SLICE_MS = 1

/** Work in the background that takes little of the processor and lets requests have their turn. Throws when aborted. */
export class Pace {
  readonly #share: number
  readonly #signal: AbortSignal
  #sliceBegan = performance.now()
  /** Since the last rest, in milliseconds. */
  #worked = 0

  /** `share` of the time is worked, up to 1. */
  constructor(share: number, signal: AbortSignal) {
    this.#share = share
    this.#signal = signal
  }

  /** Before work after a time in which there was none, which is no work to rest from. */
  begin(): void {
    this.#sliceBegan = performance.now()
  }

  /** Ends a slice that has become long. */
  async turn(): Promise<void> {
    const took = performance.now() - this.#sliceBegan
    if (took < SLICE_MS) return
    this.#worked += took
    await this.#nextTurn()
    this.begin()
  }

  /** Rests as long as the work since the last rest calls for; its timer holds no process. */
  async rest(): Promise<void> {
    const worked = this.#worked + performance.now() - this.#sliceBegan
    const restMs = worked / this.#share - worked
    this.#worked = restMs < 1 ? worked : 0
    // A timer knows nothing shorter than a millisecond.
    if (restMs < 1) await this.#nextTurn()
    else await setTimeout(restMs, undefined, { ref: false, signal: this.#signal })
    this.begin()
  }

  async #nextTurn(): Promise<void> {
    this.#signal.throwIfAborted()
    await ownTurn()
    this.#signal.throwIfAborted()
  }
}
