import { createRoute, z } from '@hono/zod-openapi'
import type { List } from '../../domain/query.ts'
import { RecommendRequest } from '../../domain/recommend.ts'
import { recommend } from '../../services/recommend.ts'
import { similarPapers } from '../../services/similar.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { queryOf } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, problems, readsJson } from '../route.ts'
import { fieldsParameter, ScholarPaper, scholarPaper } from '../scholar/fields.ts'
import { PaperId, PaperIdPath } from '../scholar/paper-id.ts'

const MAX_RECOMMENDED = 500

const tags = ['Semantic Scholar']
const options = { fields: fieldsParameter, limit: z.int().min(1).max(MAX_RECOMMENDED).default(100) }

const Recommended = z.object({ recommendedPapers: z.array(ScholarPaper) }).meta({ id: 'ScholarRecommended' })

const toRecommended = ({ data }: List, fields: readonly string[]) => ({
  recommendedPapers: data.map((hit) => scholarPaper(hit, fields)),
})

const forPaper = defineRoute(
  createRoute({
    method: 'get',
    path: '/recommendations/v1/papers/forpaper/{id}',
    operationId: 'scholarForPaper',
    summary: 'Papers like one, in the shape of the Semantic Scholar Recommendations API',
    tags,
    request: {
      params: PaperIdPath,
      query: queryOf(
        z.strictObject({
          ...options,
          from: z.enum(['recent', 'all-cs']).optional().meta({
            description: 'Taken because clients always send it; there is one pool, the index.',
          }),
        }),
      ),
    },
    responses: { 200: json(Recommended, 'Its neighbours, nearest first.'), ...problems('PAPER_NOT_FOUND') },
  }),
  async (c) => {
    const { fields, limit } = c.req.valid('query')
    const asked = { id: c.req.valid('param').id, limit, offset: 0, exact: false, explain: false }
    return c.json(toRecommended(await similarPapers(c.var.kindred.deps, asked), fields), 200)
  },
)

/** How many there may be is the request's to say. */
const ScholarSeeds = z
  .strictObject({
    positivePaperIds: z.array(PaperId).min(1, 'must not be empty'),
    negativePaperIds: z.array(PaperId).nullish(),
  })
  .meta({ id: 'ScholarSeeds' })
const Seeds = ScholarSeeds.transform(
  ({ positivePaperIds, negativePaperIds }): z.input<typeof RecommendRequest> => ({
    positivePaperIds,
    negativePaperIds: negativePaperIds ?? [],
  }),
).pipe(RecommendRequest)

const fromLists = defineRoute(
  createRoute({
    method: 'post',
    path: '/recommendations/v1/papers/',
    operationId: 'scholarRecommend',
    summary: 'Papers like some and unlike others, in the shape of the Semantic Scholar Recommendations API',
    tags,
    middleware: readsJson(LARGE_BODY),
    request: {
      query: queryOf(z.strictObject(options)),
      body: jsonBody(Seeds),
    },
    responses: {
      200: json(Recommended, 'The best papers, without those asked with.'),
      ...bodyProblems('PAPER_NOT_FOUND'),
    },
  }),
  async (c) => {
    const { fields, limit } = c.req.valid('query')
    const asked = { ...c.req.valid('json'), limit }
    return c.json(toRecommended(await recommend(c.var.kindred.deps, asked), fields), 200)
  },
)

export const scholarRecommendRoutes = [forPaper, fromLists]
