import { createRoute } from '@hono/zod-openapi'
import { Suggestions, SuggestRequest } from '../../domain/query.ts'
import { suggestTitles } from '../../services/suggest.ts'
import { queryOf } from '../query.ts'
import { defineRoute, json, problems } from '../route.ts'

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/suggest',
    operationId: 'suggest',
    summary: 'Titles that go on from what was typed, the shortest first',
    tags: ['Find'],
    request: { query: queryOf(SuggestRequest) },
    responses: { 200: json(Suggestions, 'Papers to choose from.'), ...problems() },
  }),
  async (c) => c.json(await suggestTitles(c.var.kindred.deps, c.req.valid('query')), 200),
)

export const suggestRoutes = [get]
