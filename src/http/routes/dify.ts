import { createRoute, z } from '@hono/zod-openapi'
import { fail } from '../../domain/errors.ts'
import { Filter } from '../../domain/filter.ts'
import { FILTER_FIELD_NAMES, FILTER_FIELDS } from '../../domain/filter-tree.ts'
import { LIMITS } from '../../domain/paper.ts'
import { type Hit, MAX_QUERY, page, SearchRequest } from '../../domain/query.ts'
import { searchPapers } from '../../services/search.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

/** There is one index, so there is one knowledge. */
const KNOWLEDGE = 'papers'
const MAX_CONDITIONS = 32

const OPERATORS = {
  is: '$eq',
  '=': '$eq',
  'is not': '$ne',
  '≠': '$ne',
  in: '$in',
  'not in': '$nin',
  '>': '$gt',
  '≥': '$gte',
  '<': '$lt',
  '≤': '$lte',
  after: '$gt',
  before: '$lt',
  empty: '$exists',
  'not empty': '$exists',
} as const
const Operator = z.enum(Object.keys(OPERATORS) as (keyof typeof OPERATORS)[])

const Scalar = z.union([z.string().max(LIMITS.name), z.number()])
const Condition = z.strictObject({
  name: z.array(z.string().max(LIMITS.name)).min(1).max(MAX_CONDITIONS),
  comparison_operator: Operator,
  value: z.union([Scalar, z.array(Scalar)]).nullish(),
})
type Condition = z.infer<typeof Condition>

const NUMERIC: ReadonlySet<string> = new Set(FILTER_FIELD_NAMES.filter((name) => FILTER_FIELDS[name] === 'number'))

/** Numbers arrive as they were typed into a form. */
function typed(name: string, value: Condition['value']): unknown {
  if (Array.isArray(value)) return value.map((item) => typed(name, item))
  return NUMERIC.has(name) && typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value
}

/** A condition in the style of MongoDB. With several names any of them may match. */
function toMongo({ name, comparison_operator, value }: Condition): object {
  const operator = OPERATORS[comparison_operator]
  const operand = (field: string): unknown =>
    operator === '$exists' ? comparison_operator === 'not empty' : typed(field, value)
  const [only = '', ...others] = name
  if (others.length === 0) return { [only]: { [operator]: operand(only) } }
  return { $or: name.map((field) => ({ [field]: { [operator]: operand(field) } })) }
}

const MetadataCondition = z
  .strictObject({
    logical_operator: z.enum(['and', 'or']).nullish(),
    conditions: z.array(Condition).max(MAX_CONDITIONS).nullish(),
  })
  .transform(({ logical_operator, conditions }): unknown =>
    conditions?.length ? { [logical_operator === 'or' ? '$or' : '$and']: conditions.map(toMongo) } : {},
  )
  .pipe(Filter)

const RetrievalRequest = z
  .strictObject({
    knowledge_id: z.string().max(LIMITS.name).meta({ example: KNOWLEDGE }),
    query: z.string().trim().max(MAX_QUERY),
    retrieval_setting: z.strictObject({ top_k: page.limit, score_threshold: page.minScore.nullish() }),
    metadata_condition: MetadataCondition.nullish(),
  })
  .meta({ id: 'RetrievalRequest' })

const Retrieved = z
  .object({
    records: z.array(
      z.object({
        content: z.string(),
        score: z.number().min(0).max(1),
        title: z.string(),
        metadata: z.record(z.string(), z.unknown()).meta({ description: 'Id, link and the fields of the paper.' }),
      }),
    ),
  })
  .meta({ id: 'Retrieved' })

function toRecord(hit: Hit) {
  const { id, url, authors, year, publishedAt, venue, categories, arxivId, doi } = hit
  const metadata = { id, url, authors, year, publishedAt, venue, categories, arxivId, doi }
  return { content: hit.abstract || hit.title, score: hit.score, title: hit.title, metadata }
}

const Authorization = z
  .string()
  .regex(/^[Bb]earer \S+$/, 'must be "Bearer" and a key; any key is taken, because there is no access control yet')

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/retrieval',
    operationId: 'retrieval',
    summary: 'Papers as an external knowledge base of Dify',
    tags: ['Find'],
    middleware: readsJson(),
    request: {
      query: NoQuery,
      headers: z.object({ authorization: Authorization.optional() }),
      body: jsonBody(RetrievalRequest),
    },
    responses: { 200: json(Retrieved, 'The best papers, best first.'), ...bodyProblems('KNOWLEDGE_UNKNOWN') },
  }),
  async (c) => {
    const { knowledge_id, query, retrieval_setting, metadata_condition } = c.req.valid('json')
    if (knowledge_id !== KNOWLEDGE) fail('KNOWLEDGE_UNKNOWN', `There is no knowledge "${knowledge_id}".`)
    if (query === '') return c.json({ records: [] }, 200)
    const { top_k, score_threshold } = retrieval_setting
    const asked = SearchRequest.parse({ query, limit: top_k, minScore: score_threshold ?? undefined })
    const { data } = await searchPapers(c.var.kindred.deps, { ...asked, filter: metadata_condition ?? undefined })
    return c.json({ records: data.map(toRecord) }, 200)
  },
)

export const difyRoutes = [post]
