import { NumberTable } from '../domain/number-table.ts'
import { ownPlace, type Shape } from './answer-json.ts'
import type { Deps } from './deps.ts'

/**
 * Where the texts of one shape stand, by the papers' keys. Within a generation a place is right, so that no object of
 * the paper is looked at; after it the store tells.
 */
export class PaperPlaces {
  readonly #deps: Deps
  readonly #shape: Shape
  #known = new NumberTable()
  #generation = Number.NaN

  constructor(deps: Deps, shape: Shape) {
    this.#deps = deps
    this.#shape = shape
  }

  /** Null where no such paper is stored, or its text is not kept. */
  placeOf(key: number, generation: number): number | null {
    const { texts, store } = this.#deps
    if (this.#generation !== generation) this.#known = new NumberTable()
    this.#generation = generation
    const place = this.#known.get(key)
    if (place !== undefined && texts.holds(place)) return place
    const stored = store.byKeyAtOnce(key)
    const found = stored && ownPlace(texts, stored, this.#shape)
    if (found !== null) this.#known.set(key, found)
    return found
  }
}
