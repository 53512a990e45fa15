import { queryText } from '../domain/passage.ts'
import type { LexicalMatch } from '../domain/ports.ts'
import type { SearchRequest } from '../domain/query.ts'
import type { VectorAnswer } from '../domain/vector-index.ts'
import type { Deps } from './deps.ts'
import { selectionOf } from './selection.ts'

interface Depth {
  readonly limit: number
  readonly leastEf?: number
}

/** The nearest papers of a question, nearest first, and the question's own vector. */
export async function retrieveDense(
  deps: Deps,
  request: SearchRequest,
  depth: Depth,
): Promise<VectorAnswer & { readonly vector: Float32Array }> {
  const [vector] = await deps.embedder.embed([queryText(request.query)], 'query')
  if (!vector) throw new RangeError('the embedder gave no vector')
  const within = await selectionOf(deps, request)
  const found = await deps.index.search({ vector, ...depth, ef: request.ef, exact: request.exact, within })
  return { ...found, vector }
}

/** The papers that hold any of the terms of a question, best BM25 first, and how many there are in all. */
export async function retrieveLexical(
  deps: Deps,
  request: SearchRequest,
  { terms, depth }: { readonly terms: readonly string[]; readonly depth: number },
): Promise<{ matches: LexicalMatch[]; total: number }> {
  return deps.store.lexical(terms, depth, await selectionOf(deps, request))
}
