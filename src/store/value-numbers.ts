/** Weights and lengths below these have a place in the table; the others are rare. */
const [WEIGHTS, LENGTHS] = [32, 2_048]
const LAST = 2 ** 32 - 1

/** Of postings, by place. */
interface Postings {
  readonly rows: Uint32Array
  readonly weights: Float32Array
}

interface Numbered {
  /** Of each posting the number of its value. */
  readonly numbers: Uint32Array
  readonly values: readonly number[]
}

/**
 * Numbers what a word adds to papers. It depends on how much the word weighs in a paper and on how long that is, both small
 * whole numbers, so that thousands of postings have a few hundred values, each of which is computed once.
 */
export class ValueNumbers {
  /** By weight and length, counted on from list to list: what is below a list's own first is another one's. */
  readonly #known = new Uint32Array(WEIGHTS * LENGTHS)
  #first = 1

  of(
    { rows, weights }: Postings,
    lengths: readonly number[],
    addend: (weight: number, row: number) => number,
  ): Numbered {
    const first = this.#begin(rows.length)
    const numbers = new Uint32Array(rows.length)
    const values: number[] = []
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at] as number
      const [weight, length] = [weights[at] as number, lengths[row] as number]
      const place = weight < WEIGHTS && length < LENGTHS ? weight * LENGTHS + length : -1
      const known = place < 0 ? 0 : (this.#known[place] as number)
      if (known >= first) {
        numbers[at] = known - first
        continue
      }
      const number = values.push(addend(weight, row)) - 1
      numbers[at] = number
      if (place >= 0) this.#known[place] = first + number
    }
    this.#first += values.length
    return { numbers, values }
  }

  /** The first number of a list of so many. */
  #begin(count: number): number {
    if (this.#first + count > LAST) {
      this.#known.fill(0)
      this.#first = 1
    }
    return this.#first
  }
}
