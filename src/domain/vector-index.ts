import type { Selection } from './ports.ts'
import type { Plan } from './query.ts'

export interface VectorQuery {
  readonly vector: Float32Array
  readonly limit: number
  readonly ef?: number | undefined
  /** The least search width, for a long answer: the same for every page of a question, so that pages agree. */
  readonly leastEf?: number | undefined
  readonly exact?: boolean | undefined
  /** Keys of papers that must not be in the answer. */
  readonly exclude?: readonly number[] | undefined
  /** Only these papers; `limit` of them are found wherever that many have a vector. */
  readonly within?: Selection | undefined
}

export interface Neighbour {
  readonly key: number
  /** Cosine similarity, -1..1. */
  readonly similarity: number
}

export interface VectorAnswer {
  /** Nearest first; ties by key. A longer answer begins with the shorter one of the same query and generation. */
  readonly neighbours: readonly Neighbour[]
  readonly plan: Plan
  readonly generation: number
}

export interface IndexStatus {
  readonly engine: string
  readonly generation: number
  readonly vectors: number
  /** Vectors that the graph answers for; the rest is scanned exactly. */
  readonly inGraph: number
  readonly ef: number
  readonly recallAt10: number | null
  readonly degraded: readonly string[]
}

export interface IndexVerification {
  readonly ok: boolean
  readonly problems: readonly string[]
  readonly vectors: number
  readonly snapshot: { readonly file: string; readonly bytes: number; readonly generation: number } | null
  /** Recall@10 of the graph against exact search over a seeded sample of its own vectors. */
  readonly recallAt10: number | null
  readonly sample: number
}

/** Nearest neighbours by cosine over the vectors of a source. */
export interface VectorIndex {
  search(query: VectorQuery): Promise<VectorAnswer>
  vectorOf(key: number): Promise<Float32Array | null>
  /** Cosine similarity of a unit vector to each of these papers, in their order; null where one has no vector. */
  similarities(vector: Float32Array, keys: readonly number[]): Promise<(number | null)[]>
  /** Follows the source; afterwards every paper committed before the call is found and every deleted one is gone. */
  sync(): Promise<void>
  /** Writes the graph to disk, verified. */
  snapshot(): Promise<void>
  /** Builds a fresh graph off the main thread and swaps it in; searches go on meanwhile. */
  rebuild(): Promise<void>
  verify(): Promise<IndexVerification>
  status(): IndexStatus
  close(): Promise<void>
}
