const FIRST_LENGTH = 1_024
/** So many places there may be for each number that is there; a table with more holes than that would waste memory. */
const MOST_PLACES = 8

/**
 * Numbers by whole numbers from 0, as a Map of them. Keys that a database counts up lie close together: those stand in an
 * array, where looking one up takes a tenth of the time, and what lies far off stands in a Map.
 */
export class NumberTable {
  /** NaN where there is none. */
  #near = new Float64Array(FIRST_LENGTH).fill(Number.NaN)
  readonly #far = new Map<number, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: number): number | undefined {
    if (key >= this.#near.length) return this.#far.get(key)
    const value = this.#near[key]
    return value === undefined || Number.isNaN(value) ? undefined : value
  }

  has(key: number): boolean {
    return this.get(key) !== undefined
  }

  set(key: number, value: number): void {
    if (!this.has(key)) this.#size += 1
    if (key >= this.#near.length && key < MOST_PLACES * this.#size) this.#grow(key)
    if (key < this.#near.length) this.#near[key] = value
    else this.#far.set(key, value)
  }

  delete(key: number): void {
    if (!this.has(key)) return
    this.#size -= 1
    if (key < this.#near.length) this.#near[key] = Number.NaN
    else this.#far.delete(key)
  }

  #grow(key: number): void {
    const near = new Float64Array(2 * (key + 1)).fill(Number.NaN)
    near.set(this.#near)
    for (const [each, value] of this.#far) {
      if (each >= near.length) continue
      near[each] = value
      this.#far.delete(each)
    }
    this.#near = near
  }
}
