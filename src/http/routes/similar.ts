import { createRoute, z } from '@hono/zod-openapi'
import { filterShorthand, splitShorthand } from '../../domain/filter-shorthand.ts'
import { Listed, SimilarRequest, SimilarTextRequest } from '../../domain/query.ts'
import { projectHits } from '../../services/project.ts'
import { similarPapers } from '../../services/similar.ts'
import { similarToText } from '../../services/similar-text.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { PaperPath } from '../paper-path.ts'
import { commaList, NoQuery, queryOf } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, problems, readsJson } from '../route.ts'

const { id: _id, filter: _filter, fields, ...options } = SimilarRequest.shape
const SimilarQuery = z.strictObject({ ...options, fields: commaList(fields).optional(), ...filterShorthand })

const tags = ['Find']

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/papers/{id}/similar',
    operationId: 'similarPapers',
    summary: 'Papers like one that is stored, without the paper itself',
    tags,
    request: { params: PaperPath, query: queryOf(SimilarQuery) },
    responses: { 200: json(Listed, 'Its neighbours, nearest first.'), ...problems('PAPER_NOT_FOUND') },
  }),
  async (c) => {
    const { rest, filter } = splitShorthand(c.req.valid('query'))
    const list = await similarPapers(c.var.kindred.deps, { ...rest, filter, ...c.req.valid('param') })
    return c.json(projectHits(list, rest.fields), 200)
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
    responses: { 200: json(Listed, 'Its neighbours, nearest first.'), ...bodyProblems() },
  }),
  async (c) => {
    const request = c.req.valid('json')
    return c.json(projectHits(await similarToText(c.var.kindred.deps, request), request.fields), 200)
  },
)

export const similarRoutes = [get, post]
