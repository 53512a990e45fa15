import { createRoute, z } from '@hono/zod-openapi'
import { LIMITS, Paper } from '../../domain/paper.ts'
import { ListPapersRequest, PaperPage } from '../../domain/query.ts'
import { getPaper, getPapers, listPapers, matchTitle } from '../../services/papers.ts'
import { AnswerFormat, citationFormat, FormatQuery, orCitations, sendCitations } from '../citations.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { PaperPath } from '../paper-path.ts'
import { NoQuery, queryOf } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, problems, readsJson } from '../route.ts'

const MAX_BATCH = 500

const tags = ['Papers']
const paper = json(Paper, 'The paper.')

const list = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/papers',
    operationId: 'listPapers',
    summary: 'All papers, page by page',
    tags,
    request: { query: queryOf(ListPapersRequest.extend({ format: AnswerFormat })) },
    responses: { 200: orCitations(PaperPage, 'One page; nextCursor leads to the next one.'), ...problems() },
  }),
  async (c) => {
    const { format: named, ...request } = c.req.valid('query')
    const page = await listPapers(c.var.kindred.deps, request)
    const format = citationFormat(c, named)
    return format ? sendCitations(c, format, page.data) : c.json(page, 200)
  },
)

const match = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/papers/match',
    operationId: 'matchTitle',
    summary: 'The paper of a title; case, accents and punctuation do not matter',
    tags,
    request: {
      query: queryOf(z.strictObject({ title: z.string().trim().min(1, 'must not be empty').max(LIMITS.title) })),
    },
    responses: { 200: paper, ...problems('PAPER_NOT_FOUND') },
  }),
  async (c) => c.json(await matchTitle(c.var.kindred.deps, c.req.valid('query').title), 200),
)

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/papers/{id}',
    operationId: 'getPaper',
    summary: 'One paper',
    tags,
    request: { params: PaperPath, query: NoQuery },
    responses: { 200: paper, ...problems('PAPER_NOT_FOUND') },
  }),
  async (c) => c.json(await getPaper(c.var.kindred.deps, c.req.valid('param').id), 200),
)

const batch = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/papers/batch',
    operationId: 'getPapers',
    summary: `Up to ${MAX_BATCH} papers by their ids`,
    tags,
    middleware: readsJson(LARGE_BODY),
    request: {
      query: FormatQuery,
      body: jsonBody(z.strictObject({ ids: z.array(PaperPath.shape.id).max(MAX_BATCH) }).meta({ id: 'PaperIds' })),
    },
    responses: {
      200: orCitations(
        z.array(Paper.nullable()),
        'In the order asked for, null where there is none; citations are of those that there are.',
      ),
      ...bodyProblems(),
    },
  }),
  async (c) => {
    const papers = await getPapers(c.var.kindred.deps, c.req.valid('json').ids)
    const format = citationFormat(c, c.req.valid('query').format)
    if (format === null) return c.json(papers, 200)
    return sendCitations(
      c,
      format,
      papers.filter((paper) => paper !== null),
    )
  },
)

/** `match` stands before `{id}`: the first route that fits a path takes it. */
export const readPaperRoutes = [list, match, get, batch]
