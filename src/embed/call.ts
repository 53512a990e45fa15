import { KindredError } from '../domain/errors.ts'
import type { EmbedKind } from '../domain/models.ts'
import type { WorkRequest } from './protocol.ts'

/** One text, or pair of texts, of a call on its way through the pool. */
export interface Task {
  readonly call: Call
  /** Its place in the call. */
  readonly index: number
  readonly request: WorkRequest
  readonly kind: EmbedKind
  /** How often a worker ended while it had this text. */
  deaths: number
}

/** One call of the pool: collects the vectors in the order of its texts, or fails as a whole. Settles once. */
export class Call {
  readonly vectors: Promise<Float32Array[]>
  /** How many texts it has. */
  readonly size: number
  readonly #found: Float32Array[]
  #missing: number
  #resolve: (vectors: Float32Array[]) => void = () => {}
  #reject: (error: KindredError) => void = () => {}

  constructor(size: number) {
    this.size = size
    this.#found = new Array<Float32Array>(size)
    this.#missing = size
    this.vectors = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  put(index: number, vector: Float32Array): void {
    this.#found[index] = vector
    this.#missing -= 1
    if (this.#missing === 0) this.#resolve(this.#found)
  }

  fail(code: KindredError['code'], detail: string): void {
    this.#reject(new KindredError(code, detail))
  }
}
