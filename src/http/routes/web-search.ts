import { createRoute, z } from '@hono/zod-openapi'
import { type Hit, page, SearchRequest } from '../../domain/query.ts'
import { searchPapers } from '../../services/search.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

const WebSearchRequest = z
  .strictObject({ query: SearchRequest.shape.query, count: page.limit.meta({ description: 'How many results.' }) })
  .meta({ id: 'WebSearchRequest' })

const WebResults = z
  .array(z.object({ link: z.string(), title: z.string(), snippet: z.string() }))
  .meta({ id: 'WebResults' })

/** A paper that has no address has its record here. */
const toResult = (hit: Hit, origin: string) => ({
  link: hit.url ?? `${origin}/v1/papers/${encodeURIComponent(hit.id)}`,
  title: hit.title,
  snippet: hit.abstract || hit.title,
})

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/web-search',
    operationId: 'webSearch',
    summary: 'Papers as results of a web search, as Open WebUI asks an external engine for them',
    tags: ['Find'],
    middleware: readsJson(),
    request: { query: NoQuery, body: jsonBody(WebSearchRequest) },
    responses: { 200: json(WebResults, 'The best papers, best first.'), ...bodyProblems() },
  }),
  async (c) => {
    const { query, count } = c.req.valid('json')
    const request = SearchRequest.parse({ query, limit: count })
    const { origin } = new URL(c.req.url)
    const { data } = await searchPapers(c.var.kindred.deps, request)
    return c.json(
      data.map((hit) => toResult(hit, origin)),
      200,
    )
  },
)

export const webSearchRoutes = [post]
