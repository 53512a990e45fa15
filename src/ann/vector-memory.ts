/** Rows that one call of the kernel takes at most. */
export const BLOCK = 512
/** Threads that can search the same vectors at once, the main one among them: each has a slot of scratch memory. */
export const SLOTS = 16

const WORD = Uint32Array.BYTES_PER_ELEMENT
const PAGE = 65_536
/** 4 GiB: what a WebAssembly memory can address. */
const MOST_PAGES = 65_536
/** Kept free behind the last row: the kernel asks for memory that it does not need. */
const MARGIN = 64

/** Where things stand in both memories: slots first, then a row a vector. All in bytes, but for `firstRow`. */
export interface Layout {
  readonly dimension: number
  /** Components of a row of codes. */
  readonly padded: number
  readonly slot: number
  /** The first row of the vectors that no slot reaches into: rows are counted from the memory's beginning. */
  readonly firstRow: number
  /** Where the codes of row 0 would stand; row `firstRow` is the first that has some. */
  readonly firstCode: number
  readonly codeStride: number
}

export function layoutOf(dimension: number): Layout {
  const padded = Math.ceil(dimension / 16) * 16
  const slot = (padded + 3 * BLOCK) * WORD
  const firstRow = Math.ceil((SLOTS * slot) / (dimension * WORD))
  return { dimension, padded, slot, firstRow, firstCode: SLOTS * slot, codeStride: padded + 16 }
}

/** The vectors and their 8-bit codes, in two memories that other threads share. */
export class VectorMemory {
  readonly layout: Layout
  readonly vectors: WebAssembly.Memory
  readonly codes: WebAssembly.Memory

  constructor(dimension: number, rows: number) {
    this.layout = layoutOf(dimension)
    const memory = (bytes: number) =>
      new WebAssembly.Memory({ shared: true, initial: Math.ceil(bytes / PAGE), maximum: MOST_PAGES })
    this.vectors = memory(this.#vectorBytes(rows))
    this.codes = memory(this.#codeBytes(rows))
  }

  /** Makes room for so many rows, counted from the memory's beginning. What is there stays where it is. */
  reserve(rows: number): void {
    grow(this.vectors, this.#vectorBytes(rows))
    grow(this.codes, this.#codeBytes(rows))
  }

  #vectorBytes(rows: number): number {
    return (this.layout.firstRow + rows) * this.layout.dimension * WORD
  }

  #codeBytes(rows: number): number {
    return this.layout.firstCode + rows * this.layout.codeStride + MARGIN
  }
}

/** By doubling, which costs nothing before it is written to. */
function grow(memory: WebAssembly.Memory, bytes: number): void {
  const [now, needed] = [memory.buffer.byteLength / PAGE, Math.ceil(bytes / PAGE)]
  if (needed > now) memory.grow(Math.max(needed, Math.min(2 * now, MOST_PAGES)) - now)
}
