import { createRoute } from '@hono/zod-openapi'
import { Listed } from '../../domain/query.ts'
import { RecommendRequest } from '../../domain/recommend.ts'
import { projectHits } from '../../services/project.ts'
import { recommend } from '../../services/recommend.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/recommend',
    operationId: 'recommend',
    summary: 'Papers like some papers or texts, and unlike others',
    tags: ['Find'],
    middleware: readsJson(LARGE_BODY),
    request: { query: NoQuery, body: jsonBody(RecommendRequest) },
    responses: { 200: json(Listed, 'The best papers, without those asked with.'), ...bodyProblems('PAPER_NOT_FOUND') },
  }),
  async (c) => {
    const request = c.req.valid('json')
    return c.json(projectHits(await recommend(c.var.kindred.deps, request), request.fields), 200)
  },
)

export const recommendRoutes = [post]
