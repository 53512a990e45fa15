import { createRoute } from '@hono/zod-openapi'
import { Listed } from '../../domain/query.ts'
import { RecommendRequest } from '../../domain/recommend.ts'
import { projectHits } from '../../services/project.ts'
import { recommend } from '../../services/recommend.ts'
import { citationFormat, FormatQuery, orCitations, sendCitations } from '../citations.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { bodyProblems, defineRoute, jsonBody, readsJson } from '../route.ts'

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/recommend',
    operationId: 'recommend',
    summary: 'Papers like some papers or texts, and unlike others',
    tags: ['Find'],
    middleware: readsJson(LARGE_BODY),
    request: { query: FormatQuery, body: jsonBody(RecommendRequest) },
    responses: {
      200: orCitations(Listed, 'The best papers, without those asked with.'),
      ...bodyProblems('PAPER_NOT_FOUND'),
    },
  }),
  async (c) => {
    const request = c.req.valid('json')
    const list = await recommend(c.var.kindred.deps, request)
    const format = citationFormat(c, c.req.valid('query').format)
    return format ? sendCitations(c, format, list.data) : c.json(projectHits(list, request.fields), 200)
  },
)

export const recommendRoutes = [post]
