/** Rows that one call of the kernel takes at most. */
export const BLOCK = 512
/** Threads that can search the same vectors at once, the main one among them: each has a slot of scratch memory. */
export const SLOTS = 16

const WORD = Uint32Array.BYTES_PER_ELEMENT
const PAGE = 65_536
/** 4 GiB: what a WebAssembly memory can address. */
const MOST_PAGES = 65_536

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

function pagesOf(bytes: number): number {
  const pages = Math.ceil(bytes / PAGE)
  if (pages <= MOST_PAGES) return pages
  throw new RangeError('the vectors need more than the 4 GiB that an index can hold in memory')
}

/** The vectors and their 8-bit codes, in two memories that other threads share. */
export class VectorMemory {
  readonly layout: Layout
  readonly vectors: WebAssembly.Memory
  readonly codes: WebAssembly.Memory

  /** With room for so many vectors at first. */
  constructor(dimension: number, capacity: number) {
    this.layout = layoutOf(dimension)
    const [vectors, codes] = this.#bytesOf(this.layout.firstRow + capacity)
    this.vectors = memoryOf(vectors)
    this.codes = memoryOf(codes)
  }

  /** Makes room for the rows before `end`. What is there stays where it is. */
  reserve(end: number): void {
    const [vectors, codes] = this.#bytesOf(end)
    grow(this.vectors, vectors)
    grow(this.codes, codes)
  }

  #bytesOf(end: number): [vectors: number, codes: number] {
    const { dimension, firstCode, codeStride } = this.layout
    return [end * dimension * WORD, firstCode + end * codeStride]
  }
}

function memoryOf(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ shared: true, initial: pagesOf(bytes), maximum: MOST_PAGES })
}

/** By doubling, which costs nothing before it is written to. */
function grow(memory: WebAssembly.Memory, bytes: number): void {
  const [now, needed] = [memory.buffer.byteLength / PAGE, pagesOf(bytes)]
  if (needed > now) memory.grow(Math.max(needed, Math.min(2 * now, MOST_PAGES)) - now)
}
