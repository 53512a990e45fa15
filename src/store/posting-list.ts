const FIRST_CAPACITY = 4

/** The papers that hold a word, by row, and how much each of them weighs the word; it grows as papers come. */
export class PostingList {
  rows: Uint32Array<ArrayBuffer>
  weights: Float32Array<ArrayBuffer>
  length = 0

  constructor(capacity = FIRST_CAPACITY) {
    this.rows = new Uint32Array(capacity)
    this.weights = new Float32Array(capacity)
  }

  push(row: number, weight: number): void {
    if (this.length === this.rows.length) this.#grow()
    this.rows[this.length] = row
    this.weights[this.length] = weight
    this.length += 1
  }

  /** Adds to the weight that was pushed last. */
  addToLast(weight: number): void {
    this.weights[this.length - 1] = (this.weights[this.length - 1] ?? 0) + weight
  }

  #grow(): void {
    const { rows, weights } = this
    this.rows = new Uint32Array(rows.length * 2)
    this.weights = new Float32Array(weights.length * 2)
    this.rows.set(rows)
    this.weights.set(weights)
  }
}
