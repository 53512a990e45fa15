import { createRoute, z } from '@hono/zod-openapi'
import { filterShorthand, splitShorthand } from '../../domain/filter-shorthand.ts'
import { Listed, SimilarRequest, SimilarTextRequest } from '../../domain/query.ts'
import { projectHits } from '../../services/project.ts'
import { similarJson, similarPapers } from '../../services/similar.ts'
import { similarToText } from '../../services/similar-text.ts'
import { AnswerFormat, citationFormat, FormatQuery, orCitations, sendCitations } from '../citations.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { PaperPath } from '../paper-path.ts'
import { commaList, queryOf, queryString } from '../query.ts'
import { bodyProblems, defineRoute, jsonBody, NOT_MODIFIED, problems, readsJson } from '../route.ts'
import { sendAnswer } from '../send-answer.ts'

const { id: _id, filter: _filter, fields, ...options } = SimilarRequest.shape
const SimilarQuery = z.strictObject({
  ...options,
  fields: commaList(fields).optional(),
  format: AnswerFormat,
  ...filterShorthand,
})

const tags = ['Find']

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/papers/{id}/similar',
    operationId: 'similarPapers',
    summary: 'Papers like one that is stored, without the paper itself',
    tags,
    request: { params: PaperPath, query: queryOf(SimilarQuery) },
    responses: {
      200: orCitations(Listed, 'Its neighbours, nearest first.'),
      ...NOT_MODIFIED,
      ...problems('PAPER_NOT_FOUND'),
    },
  }),
  async (c) => {
    const { format: named, ...given } = c.req.valid('query')
    const { rest, filter } = splitShorthand(given)
    const { deps } = c.var.kindred
    const request = { ...rest, filter, ...c.req.valid('param') }
    const format = citationFormat(c, named)
    if (format) return sendCitations(c, format, (await similarPapers(deps, request)).data)
    c.var.answers.learn(queryString(c.req.url), { ...rest, filter })
    return sendAnswer(c, () => similarJson(deps, request))
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
    request: { query: FormatQuery, body: jsonBody(SimilarTextRequest) },
    responses: { 200: orCitations(Listed, 'Its neighbours, nearest first.'), ...bodyProblems() },
  }),
  async (c) => {
    const request = c.req.valid('json')
    const list = await similarToText(c.var.kindred.deps, request)
    const format = citationFormat(c, c.req.valid('query').format)
    return format ? sendCitations(c, format, list.data) : c.json(projectHits(list, request.fields), 200)
  },
)

export const similarRoutes = [get, post]
