import { createRoute, z } from '@hono/zod-openapi'
import { filterOfShorthand, filterShorthand } from '../../domain/filter-shorthand.ts'
import { LIMITS } from '../../domain/paper.ts'
import { page, SearchRequest } from '../../domain/query.ts'
import { getPaper, getPapers, matchTitle } from '../../services/papers.ts'
import { searchPapers } from '../../services/search.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { commaList, queryOf } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, problems, readsJson } from '../route.ts'
import { fieldsParameter, ScholarPaper, scholarPaper } from '../scholar/fields.ts'
import { PaperId, PaperIdPath } from '../scholar/paper-id.ts'

const MAX_BATCH = 500
const MAX_VENUES = 20

const tags = ['Semantic Scholar']
const fieldsQuery = queryOf(z.strictObject({ fields: fieldsParameter }))
/** As many as Semantic Scholar gives where no number is asked for. */
const limit = page.limit.unwrap().default(100)

const SearchQuery = z.strictObject({
  query: SearchRequest.shape.query,
  fields: fieldsParameter,
  year: filterShorthand.year,
  venue: commaList(z.array(z.string().min(1).max(LIMITS.name)).min(1).max(MAX_VENUES)).optional(),
  offset: page.offset,
  limit,
})

const ScholarPage = z
  .object({
    total: z.int(),
    offset: z.int(),
    next: z.int().optional().meta({ description: 'The offset of the next page; not there at the end.' }),
    data: z.array(ScholarPaper),
  })
  .meta({ id: 'ScholarPage' })

const search = defineRoute(
  createRoute({
    method: 'get',
    path: '/graph/v1/paper/search',
    operationId: 'scholarSearch',
    summary: 'Search, in the shape of the Semantic Scholar Graph API',
    tags,
    request: { query: queryOf(SearchQuery) },
    responses: { 200: json(ScholarPage, 'One page, best first.'), ...problems() },
  }),
  async (c) => {
    const { fields, year, venue, ...asked } = c.req.valid('query')
    const filter = filterOfShorthand({ year, venue })
    const list = await searchPapers(c.var.kindred.deps, { ...SearchRequest.parse(asked), filter })
    const { total, offset, next } = list
    const data = list.data.map((hit) => scholarPaper(hit, fields))
    return c.json({ total, offset, ...(next !== null && { next }), data }, 200)
  },
)

const match = defineRoute(
  createRoute({
    method: 'get',
    path: '/graph/v1/paper/search/match',
    operationId: 'scholarMatch',
    summary: 'The paper of a title, in the shape of the Semantic Scholar Graph API',
    tags,
    request: {
      query: queryOf(
        z.strictObject({
          query: z.string().trim().min(1, 'must not be empty').max(LIMITS.title),
          fields: fieldsParameter,
          offset: z.int().min(0).max(0).default(0).meta({ description: 'There is one match.' }),
          limit,
        }),
      ),
    },
    responses: {
      200: json(z.object({ data: z.array(ScholarPaper) }), 'One paper, with matchScore 1.'),
      ...problems('PAPER_NOT_FOUND'),
    },
  }),
  async (c) => {
    const { query, fields } = c.req.valid('query')
    const paper = await matchTitle(c.var.kindred.deps, query)
    return c.json({ data: [{ ...scholarPaper(paper, [...fields, 'title']), matchScore: 1 }] }, 200)
  },
)

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/graph/v1/paper/{id}',
    operationId: 'scholarPaper',
    summary: 'One paper, in the shape of the Semantic Scholar Graph API',
    tags,
    request: { params: PaperIdPath, query: fieldsQuery },
    responses: { 200: json(ScholarPaper, 'The paper.'), ...problems('PAPER_NOT_FOUND') },
  }),
  async (c) => {
    const paper = await getPaper(c.var.kindred.deps, c.req.valid('param').id)
    return c.json(scholarPaper(paper, c.req.valid('query').fields), 200)
  },
)

const batch = defineRoute(
  createRoute({
    method: 'post',
    path: '/graph/v1/paper/batch',
    operationId: 'scholarBatch',
    summary: `Up to ${MAX_BATCH} papers by their ids, in the shape of the Semantic Scholar Graph API`,
    tags,
    middleware: readsJson(LARGE_BODY),
    request: {
      query: fieldsQuery,
      body: jsonBody(z.strictObject({ ids: z.array(PaperId).min(1).max(MAX_BATCH) }).meta({ id: 'ScholarIds' })),
    },
    responses: {
      200: json(z.array(ScholarPaper.nullable()), 'In the order asked for, null where there is none.'),
      ...bodyProblems(),
    },
  }),
  async (c) => {
    const { fields } = c.req.valid('query')
    const papers = await getPapers(c.var.kindred.deps, c.req.valid('json').ids)
    return c.json(
      papers.map((paper) => paper && scholarPaper(paper, fields)),
      200,
    )
  },
)

/** `{id}` stands last: the first route that fits a path takes it. */
export const scholarGraphRoutes = [search, match, batch, get]
