import type { NativeKernels } from '../disk/native-kernels.ts'
import { Slab } from '../domain/slab.ts'
import type { Found } from './scanner.ts'
import type { Layout, VectorMemory } from './vector-memory.ts'

/** Room for what is wanted and as many that are as near as the last of them. */
const FIRST_ROOM = 256

const slab = new Slab()

/** The bytes of a memory, which may have grown. */
class Bytes {
  readonly #memory: WebAssembly.Memory
  #bytes: Uint8Array<ArrayBufferLike> = new Uint8Array(0)

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
  }

  get now(): Uint8Array {
    const { buffer } = this.#memory
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer)
    return this.#bytes
  }
}

/** What a scanner does, by the processor's widest registers; the same bits. */
export class NativeScan {
  readonly #kernels: NativeKernels
  readonly #vectors: Bytes
  readonly #codes: Bytes
  /** Where the codes of row 0 would stand, and how many rows are wanted. */
  readonly #place: Uint32Array
  #rows = new Uint32Array(FIRST_ROOM)
  #values = new Float32Array(FIRST_ROOM)

  constructor(kernels: NativeKernels, memory: Pick<VectorMemory, 'vectors' | 'codes'>, { firstCode }: Layout) {
    this.#kernels = kernels
    this.#vectors = new Bytes(memory.vectors)
    this.#codes = new Bytes(memory.codes)
    this.#place = Uint32Array.of(firstCode, 0)
  }

  /** A hint that one of the others is called in a moment: a second thread then takes its part. */
  expectWork(): void {
    this.#kernels.expectWork()
  }

  similarities(vector: Float32Array, rows: Uint32Array): Float32Array {
    const values = slab.float32(rows.length)
    this.#kernels.similarities(this.#vectors.now, vector, rows, values)
    return values
  }

  nearest(vector: Float32Array, rows: Uint32Array, count: number): Found {
    this.#place[1] = Math.min(count, rows.length)
    const found = this.#find(vector, rows)
    if (found >= 0) return { rows: this.#rows.slice(0, found), similarities: this.#values.slice(0, found) }
    this.#rows = new Uint32Array(rows.length)
    this.#values = new Float32Array(rows.length)
    return this.nearest(vector, rows, count)
  }

  /** Written to `rows` and `values`; -1 where there are more than fit. */
  #find(vector: Float32Array, rows: Uint32Array): number {
    const [vectors, codes] = [this.#vectors.now, this.#codes.now]
    return this.#kernels.nearest(vectors, codes, this.#place, vector, rows, this.#rows, this.#values)
  }
}
