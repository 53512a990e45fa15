import type { Selection } from './ports.ts'
import type { Plan } from './query.ts'

/** Whose neighbours are sought. The graph finds those of a paper that it holds with much less work than a question's. */
export const QUERY_KINDS = ['paper', 'question'] as const
export type QueryKind = (typeof QUERY_KINDS)[number]

export interface VectorQuery {
  readonly vector: Float32Array
  /** The key of the paper whose vector it is, where it is one's: the graph is then searched from there on. */
  readonly of?: number | undefined
  /** What the vector is of; `question` where it is left out. */
  readonly kind?: QueryKind | undefined
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

/** How much of what exact search finds the graph finds too: mean over queries with its 95 % interval, 0..1. */
export interface RecallFigure {
  readonly at10: number
  readonly low: number
  readonly high: number
  /** How many queries were compared. */
  readonly sample: number
  /** Those that were asked, or, until there are enough, some made of the index's own vectors. */
  readonly of: 'queries' | 'vectors'
}

/** How wide the graph is searched for one kind of query, and what that finds. */
export interface KindStatus {
  readonly ef: number
  readonly recall: RecallFigure | null
}

export interface IndexStatus {
  readonly engine: string
  readonly generation: number
  readonly vectors: number
  /** Vectors that the graph answers for; the rest is scanned exactly. */
  readonly inGraph: number
  /** Search width for the neighbours of papers. */
  readonly ef: number
  /** `at10` of `recall`. */
  readonly recallAt10: number | null
  /** Of the kind of query that finds less, questions only where some were asked; null until it is measured. */
  readonly recall: RecallFigure | null
  readonly recallTarget: number
  readonly kinds: Readonly<Record<QueryKind, KindStatus>>
  readonly degraded: readonly string[]
  /**
   * A 32-bit number that is another one whenever anything else has changed that an answer depends on besides the
   * generation: graph, engine, search widths, published recall, `degraded`. Equal states have the same one, also in
   * another process.
   */
  readonly revision: number
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
  /**
   * The `limit` nearest of a stored paper without itself, as `search` finds them (among those of a selection), where the
   * graph or a short scan tells them; null where there is more to do. At once: for the path that is asked most.
   */
  neighboursAtOnce(key: number, limit: number, within?: Selection): VectorAnswer | null
  /**
   * A hint that `neighboursAtOnce` will be asked for this in this turn: another thread may begin with it. False where that
   * is of no use.
   */
  neighboursAhead(key: number, limit: number, within?: Selection): boolean
  /** The same for `searchAtOnce`. */
  searchAhead(query: VectorQuery): boolean
  /** As `search`, where the graph or a short scan tells it; null likewise. */
  searchAtOnce(query: VectorQuery): VectorAnswer | null
  vectorOf(key: number): Promise<Float32Array | null>
  /** Cosine similarity of a unit vector to each of these papers, in their order; NaN where one has no vector. */
  similarities(vector: Float32Array, keys: readonly number[]): Promise<Float32Array>
  /** The same at once; null where the index does not follow the source as it is now. */
  similaritiesAtOnce(vector: Float32Array, keys: readonly number[]): Float32Array | null
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
