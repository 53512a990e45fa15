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

  get(key: number): RowSpan | undefined {
    const packed = this.#table.get(key)
    if (packed === undefined) return undefined
    const row = Math.floor(packed / PACKED)
    return { row, rows: packed - row * PACKED }
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
