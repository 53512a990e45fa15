/** A set of papers, a bit a key. */
export class KeySet {
  readonly #words: Uint32Array

  /** Room for keys up to `highest`; larger ones are left out. */
  constructor(highest: number, keys: Iterable<number> = []) {
    this.#words = new Uint32Array((highest >>> 5) + 1)
    for (const key of keys) this.add(key)
  }

  add(key: number): void {
    const word = this.#words[key >>> 5]
    if (word !== undefined) this.#words[key >>> 5] = word | (1 << (key & 31))
  }

  has(key: number): boolean {
    return (((this.#words[key >>> 5] ?? 0) >>> (key & 31)) & 1) === 1
  }

  /** Keeps what is in `other` too, and changes this set. The sets have room for the same keys. */
  intersect(other: KeySet): this {
    for (let at = 0; at < this.#words.length; at += 1) this.#words[at] = this.#at(at) & other.#at(at)
    return this
  }

  unite(other: KeySet): this {
    for (let at = 0; at < this.#words.length; at += 1) this.#words[at] = this.#at(at) | other.#at(at)
    return this
  }

  subtract(other: KeySet): this {
    for (let at = 0; at < this.#words.length; at += 1) this.#words[at] = this.#at(at) & ~other.#at(at)
    return this
  }

  /** An empty set with the same room. */
  sibling(keys: Iterable<number> = []): KeySet {
    return new KeySet(this.#words.length * 32 - 1, keys)
  }

  /** In ascending order. */
  *keys(): Generator<number> {
    for (let at = 0; at < this.#words.length; at += 1) {
      // Clears the lowest bit each time; its number is the zeros below it.
      for (let word = this.#at(at); word !== 0; word &= word - 1) yield at * 32 + 31 - Math.clz32(word & -word)
    }
  }

  count(): number {
    let count = 0
    for (let at = 0; at < this.#words.length; at += 1) {
      for (let word = this.#at(at); word !== 0; word &= word - 1) count += 1
    }
    return count
  }

  #at(word: number): number {
    return this.#words[word] ?? 0
  }
}
