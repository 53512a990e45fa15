import { createRoute } from '@hono/zod-openapi'
import { List, SimilarRequest, SimilarTextRequest } from '../../domain/query.ts'
import { similarPapers } from '../../services/similar.ts'
import { similarToText } from '../../services/similar-text.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { PaperPath } from '../paper-path.ts'
import { NoQuery, queryOf } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, problems, readsJson } from '../route.ts'

const tags = ['Find']

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/papers/{id}/similar',
    operationId: 'similarPapers',
    summary: 'Papers like one that is stored, without the paper itself',
    tags,
    request: { params: PaperPath, query: queryOf(SimilarRequest.omit({ id: true })) },
    responses: { 200: json(List, 'Its neighbours, nearest first.'), ...problems('PAPER_NOT_FOUND') },
  }),
  async (c) => {
    const request = { ...c.req.valid('query'), ...c.req.valid('param') }
    return c.json(await similarPapers(c.var.kindred.deps, request), 200)
  },
)

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/similar',
    operationId: 'similarToText',
    summary: 'Papers like a pasted draft',
    tags,
    middleware: readsJson(LARGE_BODY),
    request: { query: NoQuery, body: jsonBody(SimilarTextRequest) },
    responses: { 200: json(List, 'Its neighbours, nearest first.'), ...bodyProblems() },
  }),
  async (c) => c.json(await similarToText(c.var.kindred.deps, c.req.valid('json')), 200),
)

export const similarRoutes = [get, post]
