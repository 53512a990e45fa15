import type { Selection } from '../domain/ports.ts'
import type { SearchRequest } from '../domain/query.ts'
import type { VectorAnswer, VectorQuery } from '../domain/vector-index.ts'
import type { Deps } from './deps.ts'
import { type QuestionText, readQuestion } from './question.ts'
import { selectionOf } from './selection.ts'

/** The nearest papers of a question, nearest first, and the question's own vector. */
export interface NearestPapers extends VectorAnswer {
  readonly vector: Float32Array
}

interface Depth {
  readonly limit: number
  readonly leastEf?: number
}

/** A request, and what is looked up of it before anything is searched. */
export interface Asked {
  readonly request: SearchRequest
  readonly text: QuestionText
  /** The papers that it may list; undefined where it has no filter. */
  readonly within: Selection | undefined
}

export const askedOf = async (deps: Deps, request: SearchRequest): Promise<Asked> => ({
  request,
  text: readQuestion(request.query),
  within: await selectionOf(deps, request),
})

const vectorQuery = ({ request: { ef, exact }, within }: Asked, vector: Float32Array, depth: Depth): VectorQuery => ({
  vector,
  limit: depth.limit,
  leastEf: depth.leastEf,
  ef,
  exact,
  within,
})

export async function retrieveDense(deps: Deps, asked: Asked, depth: Depth): Promise<NearestPapers> {
  const [vector] = await deps.embedder.embed([asked.text.query], 'query')
  if (!vector) throw new RangeError('the embedder gave no vector')
  const found = await deps.index.search(vectorQuery(asked, vector, depth))
  return { ...found, vector }
}

/** What the index is asked where the question's vector is known; else null. */
export function denseQueryAtOnce(deps: Deps, asked: Asked, depth: Depth): VectorQuery | null {
  const vector = deps.embedder.vectorAtOnce?.(asked.text.query)
  return vector ? vectorQuery(asked, vector, depth) : null
}

/** The same as `retrieveDense` for such a query, where the index tells it at once; else null. */
export function retrieveDenseAtOnce(deps: Deps, query: VectorQuery): NearestPapers | null {
  const found = deps.index.searchAtOnce(query)
  if (!found) return null
  const { neighbours, plan, generation } = found
  return { neighbours, plan, generation, vector: query.vector }
}
