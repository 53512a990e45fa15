import { NumberTable } from '../domain/number-table.ts'
import { ownPlace, type Shape } from './answer-json.ts'
import type { Deps } from './deps.ts'

/**
 * Where the texts of one shape stand, by the papers' keys, so that no object of the paper is looked at. What was written
 * since is forgotten.
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
    if (this.#generation !== generation) this.#follow(generation)
    const place = this.#known.get(key)
    if (place !== undefined && texts.holds(place)) return place
    const stored = store.byKeyAtOnce(key)
    const found = stored && ownPlace(texts, stored, this.#shape)
    if (found !== null) this.#known.set(key, found)
    return found
  }

  #follow(generation: number): void {
    const changed = this.#deps.store.papersChangedAfter(this.#generation)
    if (changed) for (const key of changed) this.#known.delete(key)
    else this.#known = new NumberTable()
    this.#generation = generation
  }
}
