/** Some hundred small arrays' worth. */
const SLAB_BYTES = 256 * 1024
const WIDEST = 8

/**
 * Typed arrays out of one piece of memory: to allocate one by itself takes a microsecond, more than to fill it. They are zero
 * at first. The memory is freed when none of its arrays is in use any more, so they are for what is soon forgotten; who
 * takes one must not transfer its buffer.
 */
export class Slab {
  #buffer = new ArrayBuffer(SLAB_BYTES)
  #used = 0

  uint32(length: number): Uint32Array {
    const start = this.#take(length * Uint32Array.BYTES_PER_ELEMENT)
    return new Uint32Array(this.#buffer, start, length)
  }

  float32(length: number): Float32Array {
    const start = this.#take(length * Float32Array.BYTES_PER_ELEMENT)
    return new Float32Array(this.#buffer, start, length)
  }

  float64(length: number): Float64Array {
    const start = this.#take(length * Float64Array.BYTES_PER_ELEMENT)
    return new Float64Array(this.#buffer, start, length)
  }

  /** Where so many bytes begin in the buffer, which is a new one where the old one is used up. */
  #take(bytes: number): number {
    if (this.#used + bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(Math.max(SLAB_BYTES, bytes))
      this.#used = 0
    }
    const start = this.#used
    this.#used += Math.ceil(bytes / WIDEST) * WIDEST
    return start
  }
}
