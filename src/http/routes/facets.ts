import { createRoute, z } from '@hono/zod-openapi'
import { Facets, FacetsRequest } from '../../domain/facets.ts'
import { filterShorthand, splitShorthand } from '../../domain/filter-shorthand.ts'
import { countFacets } from '../../services/facets.ts'
import { commaList, queryOf } from '../query.ts'
import { defineRoute, json, problems } from '../route.ts'

const { by, query } = FacetsRequest.shape
const FacetsQuery = z.strictObject({ by: commaList(by), q: query, ...filterShorthand })

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/facets',
    operationId: 'facets',
    summary: 'Count papers by year, author, organization, venue, category or source',
    tags: ['Find'],
    request: { query: queryOf(FacetsQuery) },
    responses: { 200: json(Facets, 'Values and how many papers have each.'), ...problems() },
  }),
  async (c) => {
    const { q, ...given } = c.req.valid('query')
    const { rest, filter } = splitShorthand(given)
    return c.json(await countFacets(c.var.kindred.deps, { ...rest, query: q, filter }), 200)
  },
)

export const facetRoutes = [get]
