import { NumberTable } from '../domain/number-table.ts'

/** Rows of one paper, side by side. */
export interface RowSpan {
  readonly row: number
  readonly rows: number
}

/** Row and number of rows in one number; a paper has fewer rows. */
const PACKED = 256

/** By paper, where its rows stand: those that were seen to be the stored ones at one generation. */
export class ReadyRows {
  #table = new NumberTable()
  #generation = Number.NaN

  isOf(generation: number): boolean {
    return this.#generation === generation
  }

  has(key: number): boolean {
    return this.#table.has(key)
  }

  /** Writes of each paper its first row, and how many there are. False where one of them is not known. */
  write(keys: readonly number[], sets: Uint32Array): boolean {
    const table = this.#table
    for (let at = 0; at < keys.length; at += 1) {
      const packed = table.get(keys[at] as number)
      if (packed === undefined) return false
      const row = Math.floor(packed / PACKED)
      sets[2 * at] = row
      sets[2 * at + 1] = packed - row * PACKED
    }
    return true
  }

  /** Those of another generation are forgotten. */
  set(key: number, { row, rows }: RowSpan, generation: number): void {
    if (!this.isOf(generation)) this.#table = new NumberTable()
    this.#generation = generation
    this.#table.set(key, row * PACKED + rows)
  }

  delete(key: number): void {
    this.#table.delete(key)
  }
}
