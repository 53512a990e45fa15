import { aliasesOfReference, titleAlias } from '../domain/identity.ts'
import type { SearchRequest } from '../domain/query.ts'
import type { Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import { selectionOf } from './selection.ts'

const BOOST = { name: 'exact-match', value: 1 }

/**
 * Puts the paper whose title or id the question is in front, whatever the ranking thought of it: someone who types a
 * title wants that paper. A filter that leaves it out has the last word.
 */
export async function exactMatchFirst(
  deps: Deps,
  request: Pick<SearchRequest, 'query' | 'filter'>,
  ranked: readonly Ranked[],
): Promise<readonly Ranked[]> {
  const stored = await deps.store.findByAlias([titleAlias(request.query), ...aliasesOfReference(request.query.trim())])
  if (!stored) return ranked
  const within = await selectionOf(deps, request)
  if (within && !within.has(stored.key)) return ranked
  const found = ranked.find(({ key }) => key === stored.key)
  const explain = found?.explain ?? { dense: null, lexical: null, fusion: null, boosts: [] }
  const first: Ranked = { key: stored.key, score: 1, explain: { ...explain, boosts: [...explain.boosts, BOOST] } }
  return [first, ...ranked.filter(({ key }) => key !== stored.key)]
}
