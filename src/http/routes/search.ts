import { createRoute, z } from '@hono/zod-openapi'
import { getQueryParams } from 'hono/utils/url'
import { LRUCache } from 'lru-cache'
import { filterShorthand, splitShorthand } from '../../domain/filter-shorthand.ts'
import { Listed, SearchRequest } from '../../domain/query.ts'
import { projectHits } from '../../services/project.ts'
import { searchJson, searchPapers } from '../../services/search.ts'
import { AnswerFormat, citationFormat, FormatQuery, orCitations, sendCitations } from '../citations.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { commaList, NoQuery, parameterOf, queryOf, queryString } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, NOT_MODIFIED, problems, readsJson } from '../route.ts'
import { sendAnswer } from '../send-answer.ts'

const PATH = '/v1/search'
const MAX_BATCH = 128

const { query, filter: _, fields, ...options } = SearchRequest.shape
const SearchQuery = z.strictObject({
  q: query,
  ...options,
  fields: commaList(fields).optional(),
  format: AnswerFormat,
  ...filterShorthand,
})
const Query = queryOf(SearchQuery)
type Query = z.infer<typeof Query>

const requestOf = ({ q, format: _format, ...given }: Query): SearchRequest => {
  const { rest, filter } = splitShorthand(given)
  return { ...rest, query: q, filter }
}

function parametersOf(text: string): unknown {
  // The parser wants a URL.
  const given = Object.entries(getQueryParams(`${PATH}?${text}`) ?? {})
  return Object.fromEntries(given.map(([name, values]) => [name, values.length === 1 ? values[0] : values]))
}

function readAll(text: string): SearchRequest | null {
  const { data } = Query.safeParse(parametersOf(text))
  return data === undefined || data.format !== undefined ? null : requestOf(data)
}

/** Each by itself, as they differ from question to question. */
const Question = queryOf(z.strictObject({ q: query }))
const readLeast = parameterOf(options.minScore)
const NO_LEAST = { data: undefined, success: true }
const QUESTION = /^q(?:=|$)/
/** Without letters that may stand for others. */
const LEAST = /^minScore=[^%+]*$/
const LEAST_NAME = 'minScore='
/** Letters that may stand for others, also in a name. */
const ENCODED = /[%+]/
const MOST_KNOWN = 256
const MOST_QUESTIONS = 1_024
const MOST_LETTERS = 1_024
/** Requests that were valid, by their other parameters in the words that they came in. */
const known = new LRUCache<string, SearchRequest>({ max: MOST_KNOWN })
/** Questions that were valid, likewise. */
const questions = new LRUCache<string, string>({ max: MOST_QUESTIONS })

/** The parameters of a URL, as they were sent. */
interface Sent {
  question: string | undefined
  /** The value alone. */
  least: string | undefined
  others: string
}

/** What is sent twice stays among the others, where it is never valid. Null where a name may stand for another one. */
function partsOf(text: string): Sent | null {
  const sent: Sent = { question: undefined, least: undefined, others: '' }
  for (const part of text.split('&')) {
    if (sent.question === undefined && QUESTION.test(part)) sent.question = part
    else if (sent.least === undefined && LEAST.test(part)) sent.least = part.slice(LEAST_NAME.length)
    else sent.others += `&${part}`
  }
  return ENCODED.test(sent.others) || text.length > MOST_LETTERS ? null : sent
}

/** Undefined where it is not valid. */
function questionOf(part: string): string | undefined {
  const before = questions.get(part)
  if (before !== undefined) return before
  const { data } = Question.safeParse(parametersOf(part))
  if (data) questions.set(part, data.q)
  return data?.q
}

/**
 * What a URL of the route asks for, by the schema and the parser of the route itself. Null where that is to look at it:
 * the URL is not valid, or names a format. No parameter's validity depends on another's, so those that were valid
 * before are not looked at again.
 */
export function readSearch(url: string): SearchRequest | null {
  const text = queryString(url)
  const sent = partsOf(text)
  const before = sent && known.get(sent.others)
  if (before && sent.question !== undefined) {
    const asked = questionOf(sent.question)
    const least = sent.least === undefined ? NO_LEAST : readLeast(sent.least)
    return asked === undefined || !least.success ? null : { ...before, query: asked, minScore: least.data }
  }
  const request = readAll(text)
  if (request && sent) known.set(sent.others, request)
  return request
}

const BatchAnswer = z.object({ results: z.array(Listed) })

const SearchBatch = z
  .strictObject({ queries: z.array(SearchRequest).min(1).max(MAX_BATCH) })
  .meta({ id: 'SearchBatch' })

const tags = ['Find']

const get = defineRoute(
  createRoute({
    method: 'get',
    path: PATH,
    operationId: 'search',
    summary: 'Answer a question in natural language',
    tags,
    request: { query: Query },
    responses: { 200: orCitations(Listed, 'The best papers, best first.'), ...NOT_MODIFIED, ...problems() },
  }),
  async (c) => {
    const query = c.req.valid('query')
    const { deps } = c.var.kindred
    const request = requestOf(query)
    const format = citationFormat(c, query.format)
    if (format) return sendCitations(c, format, (await searchPapers(deps, request)).data)
    return sendAnswer(c, () => searchJson(deps, request))
  },
)

const post = defineRoute(
  createRoute({
    method: 'post',
    path: PATH,
    operationId: 'searchByBody',
    summary: 'Answer a question, given in the body',
    tags,
    middleware: readsJson(),
    request: { query: FormatQuery, body: jsonBody(SearchRequest) },
    responses: { 200: orCitations(Listed, 'The best papers, best first.'), ...bodyProblems() },
  }),
  async (c) => {
    const request = c.req.valid('json')
    const list = await searchPapers(c.var.kindred.deps, request)
    const format = citationFormat(c, c.req.valid('query').format)
    return format ? sendCitations(c, format, list.data) : c.json(projectHits(list, request.fields), 200)
  },
)

const batch = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/search/batch',
    operationId: 'searchBatch',
    summary: `Answer up to ${MAX_BATCH} questions at once`,
    tags,
    middleware: readsJson(LARGE_BODY),
    request: { query: NoQuery, body: jsonBody(SearchBatch) },
    responses: { 200: json(BatchAnswer, 'One list a question, in order.'), ...bodyProblems() },
  }),
  async (c) => {
    const { deps } = c.var.kindred
    const results = await Promise.all(
      c.req
        .valid('json')
        .queries.map(async (request) => projectHits(await searchPapers(deps, request), request.fields)),
    )
    return c.json({ results }, 200)
  },
)

export const searchRoutes = [get, post, batch]
