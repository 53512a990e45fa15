import { ownPlace, type Shape } from './answer-json.ts'
import type { Deps } from './deps.ts'

/** Papers beyond it are looked for in the store: keys are given one after the other, so few have more. */
const MOST_KEYS = 2 ** 22
const FIRST_KEYS = 1_024
/** For each key: the place, and the generation at which the paper there was the stored one. */
const NUMBERS = 2

/**
 * Where the texts of one shape stand, by the papers' keys. Within a generation a place is right, so that no object of
 * the paper is looked at; after it the store tells.
 */
export class PaperPlaces {
  readonly #deps: Deps
  readonly #shape: Shape
  #known = new Float64Array(NUMBERS * FIRST_KEYS).fill(Number.NaN)

  constructor(deps: Deps, shape: Shape) {
    this.#deps = deps
    this.#shape = shape
  }

  /** Null where no such paper is stored, or its text is not kept. */
  placeOf(key: number, generation: number): number | null {
    const { texts, store } = this.#deps
    const place = this.#known[NUMBERS * key] as number
    if (this.#known[NUMBERS * key + 1] === generation && texts.holds(place)) return place
    const stored = store.byKeyAtOnce(key)
    const found = stored && ownPlace(texts, stored, this.#shape)
    if (found !== null) this.#note(key, found, generation)
    return found
  }

  #note(key: number, place: number, generation: number): void {
    if (key >= MOST_KEYS) return
    const at = NUMBERS * key
    if (at >= this.#known.length) {
      const more = new Float64Array(2 ** Math.ceil(Math.log2(at + NUMBERS))).fill(Number.NaN)
      more.set(this.#known)
      this.#known = more
    }
    this.#known[at] = place
    this.#known[at + 1] = generation
  }
}
