const BLOCK_BYTES = 1024 * 1024
/** Before each text stands its length. */
const HEAD_BYTES = Uint32Array.BYTES_PER_ELEMENT

const blockOf = (place: number): number => Math.floor(place / BLOCK_BYTES)

/**
 * Papers as answers hold them, or whole answers, side by side outside the heap: what is read for an answer are the bytes
 * themselves, not objects that lead to them. Blocks are filled one after the other, and the oldest anew where the budget is spent.
 */
export class PaperTexts {
  readonly #most: number
  readonly #blocks: Buffer[] = []
  /** Of all blocks that were ever begun. A place counts all bytes before it, so it tells whether it was overwritten. */
  #newest = -1
  #end = 0

  /** `budget` in bytes; with less than a block nothing is kept. */
  constructor(budget: number) {
    this.#most = Math.floor(budget / BLOCK_BYTES)
  }

  /** Keeps a text of Latin-1 characters and says where; null where it is too long. */
  put(text: string): number | null {
    const bytes = HEAD_BYTES + text.length
    if (this.#most === 0 || bytes > BLOCK_BYTES) return null
    const room = (this.#newest + 1) * BLOCK_BYTES - this.#end
    if (bytes > room) this.#begin()
    const place = this.#end
    const at = place % BLOCK_BYTES
    const block = this.#blockAt(place)
    block.writeUInt32LE(text.length, at)
    block.write(text, at + HEAD_BYTES, 'latin1')
    this.#end += bytes
    return place
  }

  holds(place: number): boolean {
    return blockOf(place) > this.#newest - this.#most
  }

  /** How long the text is. Only for a place that is held, as the others. */
  lengthAt(place: number): number {
    return this.#blockAt(place).readUInt32LE(place % BLOCK_BYTES)
  }

  textAt(place: number): string {
    const from = (place % BLOCK_BYTES) + HEAD_BYTES
    return this.#blockAt(place).toString('latin1', from, from + this.lengthAt(place))
  }

  copy(place: number, target: Buffer, at: number): void {
    const from = (place % BLOCK_BYTES) + HEAD_BYTES
    this.#blockAt(place).copy(target, at, from, from + this.lengthAt(place))
  }

  #begin(): void {
    this.#newest += 1
    this.#end = this.#newest * BLOCK_BYTES
    if (this.#blocks.length < this.#most) this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES))
  }

  #blockAt(place: number): Buffer {
    return this.#blocks[blockOf(place) % this.#most] as Buffer
  }
}
