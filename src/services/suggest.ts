import type { Suggestions, SuggestRequest } from '../domain/query.ts'
import type { Deps } from './deps.ts'

/** Titles that go on from what was typed: all its words in any order, the last one perhaps unfinished. */
export async function suggestTitles({ store }: Pick<Deps, 'store'>, request: SuggestRequest): Promise<Suggestions> {
  const startedAt = performance.now()
  const found = await store.suggest(request.q, request.limit)
  const data = found.map(({ paper: { id, title, year } }) => ({ id, title, year }))
  return { data, tookMs: performance.now() - startedAt }
}
