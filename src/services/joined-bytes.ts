import type { PaperTexts } from './paper-texts.ts'

const FIRST_BYTES = 64 * 1024

/** Joins an answer out of its parts, in memory that is used for the next one again. */
export class JoinedBytes {
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0

  begin(): void {
    this.#length = 0
  }

  /** Of Latin-1 characters. */
  text(text: string): void {
    this.#reserve(text.length)
    this.#memory.write(text, this.#length, 'latin1')
    this.#length += text.length
  }

  kept(texts: PaperTexts, place: number): void {
    const length = texts.lengthAt(place)
    this.#reserve(length)
    texts.copy(place, this.#memory, this.#length)
    this.#length += length
  }

  /** All of it, a character a byte. */
  whole(): string {
    return this.#memory.toString('latin1', 0, this.#length)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#memory.length) return
    const more = Buffer.allocUnsafeSlow(2 * needed)
    this.#memory.copy(more, 0, 0, this.#length)
    this.#memory = more
  }
}
