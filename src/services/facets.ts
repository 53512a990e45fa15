import { FACETS, type Facets, type FacetsRequest, MAX_FACET_VALUES } from '../domain/facets.ts'
import { questionTerms } from '../domain/terms.ts'
import type { Deps } from './deps.ts'
import { selectionOf } from './selection.ts'

/** Counts papers by their values: all of them, or those that hold a word of the question and match the filter. */
export async function countFacets(deps: Deps, request: FacetsRequest): Promise<Facets> {
  const by = [...new Set(request.by)]
  const terms = request.query === undefined ? undefined : questionTerms(request.query)
  const scope = { terms, within: await selectionOf(deps, request) }
  const fields = by.map((facet) => FACETS[facet])
  const { total, values } = await deps.store.countValues(fields, MAX_FACET_VALUES, scope)
  return { total, facets: Object.fromEntries(by.map((facet, at) => [facet, [...(values[at] ?? [])]])) }
}
