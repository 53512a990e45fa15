import { queryText } from '../domain/passage.ts'
import type { LexicalMatch, VectorAnswer } from '../domain/ports.ts'
import type { SearchRequest } from '../domain/query.ts'
import { queryTerms } from '../domain/terms.ts'
import type { Deps } from './deps.ts'

/** The nearest papers of a question, nearest first. */
export async function retrieveDense(deps: Deps, request: SearchRequest, depth: number): Promise<VectorAnswer> {
  const [vector] = await deps.embedder.embed([queryText(request.query)], 'query')
  if (!vector) throw new RangeError('the embedder gave no vector')
  return deps.index.search({ vector, limit: depth, ef: request.ef, exact: request.exact })
}

/** The papers that hold words of a question, best BM25 first, and how many there are in all. */
export async function retrieveLexical(
  deps: Deps,
  request: SearchRequest,
  depth: number,
): Promise<{ matches: LexicalMatch[]; total: number }> {
  return deps.store.lexical(queryTerms(queryText(request.query)), depth)
}
