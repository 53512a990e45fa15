/** The best `limit` of what is offered: a binary heap with the worst of them at its root. */
export class TopK<Item> {
  readonly #limit: number
  readonly #compare: (one: Item, other: Item) => number
  readonly #heap: Item[] = []

  /** `compare` orders best first, and no two items alike. */
  constructor(limit: number, compare: (one: Item, other: Item) => number) {
    this.#limit = limit
    this.#compare = compare
  }

  /** What a candidate must beat to get in; undefined while there is room. */
  get toBeat(): Item | undefined {
    return this.#heap.length < this.#limit ? undefined : this.#heap[0]
  }

  offer(candidate: Item): void {
    const worst = this.#heap[0]
    if (this.#heap.length < this.#limit) {
      this.#heap.push(candidate)
      this.#rise(this.#heap.length - 1)
    } else if (worst !== undefined && this.#compare(candidate, worst) < 0) {
      this.#heap[0] = candidate
      this.#sink(0)
    }
  }

  sorted(): Item[] {
    return this.#heap.sort(this.#compare)
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return
    this.#heap[one] = b
    this.#heap[other] = a
  }

  #worse(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    return a !== undefined && b !== undefined && this.#compare(a, b) > 0
  }

  #rise(at: number): void {
    for (let child = at; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.#worse(child, parent)) return
      this.#swap(child, parent)
      child = parent
    }
  }

  #sink(at: number): void {
    for (let parent = at; ; ) {
      const left = 2 * parent + 1
      let worst = this.#worse(left, parent) ? left : parent
      if (this.#worse(left + 1, worst)) worst = left + 1
      if (worst === parent) return
      this.#swap(worst, parent)
      parent = worst
    }
  }
}
