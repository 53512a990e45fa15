import type { Selection } from '../../domain/ports.ts'
import type { Plan } from '../../domain/query.ts'
import type { VectorAnswer, VectorQuery } from '../../domain/vector-index.ts'
import type { Ranked } from '../answer.ts'
import type { Deps } from '../deps.ts'

/** Something that the papers shall be like, or unlike. */
export interface Seed {
  /** The id of the paper, or the index of the text in its list. */
  readonly label: string | number
  /** Null for a text. */
  readonly key: number | null
  /** What the vector stands for. */
  readonly text: string
  /** A unit vector. */
  readonly vector: Float32Array
}

export interface Seeds {
  readonly positive: readonly Seed[]
  readonly negative: readonly Seed[]
}

/** What a strategy looks for. */
export interface Sought extends Seeds {
  /** How many papers are needed, at most. */
  readonly depth: number
  readonly exact: boolean
  readonly ef?: number | undefined
  /** Keys of the seeds: they are never an answer. */
  readonly exclude: readonly number[]
  readonly within?: Selection | undefined
}

/** One ranking, best first, and how much of the answer it is worth beside the others. */
export interface Interest {
  readonly weight: number
  readonly ranked: readonly Ranked[]
}

export interface Recommended {
  readonly interests: readonly Interest[]
  readonly plan: Plan
}

/** A way to make one list of several seeds. Every hit is explained; the caller leaves it out where it is not wanted. */
export type Strategy = (deps: Deps, sought: Sought) => Promise<Recommended>

interface Wanted {
  readonly vector: Float32Array
  readonly limit: number
}

/** The query for the neighbours of one vector among what is sought. */
export const vectorQuery = ({ ef, exact, exclude, within }: Sought, wanted: Wanted): VectorQuery => ({
  ...wanted,
  ef,
  exact,
  exclude,
  within,
})

/** The neighbours of one vector among what is sought. */
export const neighboursOf = (deps: Deps, sought: Sought, wanted: Wanted): Promise<VectorAnswer> =>
  deps.index.search(vectorQuery(sought, wanted))

/** The plan of an answer that several searches made: exact only where all of them were. */
export const planOf = (answers: readonly VectorAnswer[]): Plan =>
  answers.find(({ plan }) => plan !== 'exact')?.plan ?? 'exact'
