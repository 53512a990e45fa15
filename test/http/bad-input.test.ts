import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IngestResult, List, PaperPage } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const NDJSON = 'application/x-ndjson'
const HTML = '<!doctype html>\n<html><body><h1>Not a paper</h1></body></html>'
const vector = (...numbers: string[]) =>
  `[{"title":"Vector","abstract":"a","embeddingModel":"hash","embedding":[${numbers.join()}]}]`
const full = (value: string) => vector(...Array(64).fill(value))

/** Nothing that was there is lost, and the app goes on answering. */
async function unharmed(): Promise<void> {
  const { data, total } = await app.json<PaperPage>('/v1/papers?limit=100')
  expect(total).toBe(PAPERS.length)
  expect(data.map(({ id }) => id).toSorted()).toEqual(PAPERS.map(({ id }) => id).toSorted())
  const { data: hits } = await app.json<List>('/v1/search?q=bread%20crust%20sound&limit=1')
  expect(hits[0]?.id).toBe('bread-crust')
}

interface BadRequest {
  readonly what: string
  readonly path: string
  readonly init?: RequestInit
  readonly status: number
  readonly code: string
}

const REFUSED: readonly BadRequest[] = [
  { what: 'empty query', path: '/v1/search?q=', status: 400, code: 'INVALID_REQUEST' },
  { what: 'blank query', path: '/v1/search', init: post({ query: ' \t\n' }), status: 400, code: 'INVALID_REQUEST' },
  { what: 'no query', path: '/v1/search', status: 400, code: 'INVALID_REQUEST' },
  {
    what: '10,000-character query',
    path: `/v1/search?q=${'word '.repeat(2_000)}`,
    status: 400,
    code: 'INVALID_REQUEST',
  },
  {
    what: '10,000-character query in a body',
    path: '/v1/search',
    init: post({ query: 'x'.repeat(10_000) }),
    status: 400,
    code: 'INVALID_REQUEST',
  },
  { what: 'unknown id', path: '/v1/papers/no-such-paper', status: 404, code: 'PAPER_NOT_FOUND' },
  { what: 'unknown id, similar', path: '/v1/papers/no-such-paper/similar', status: 404, code: 'PAPER_NOT_FOUND' },
  {
    what: 'unknown id, delete',
    path: '/v1/papers/none',
    init: { method: 'DELETE' },
    status: 404,
    code: 'PAPER_NOT_FOUND',
  },
  {
    what: 'unknown field',
    path: '/v1/search',
    init: post({ query: 'a', topK: 3 }),
    status: 400,
    code: 'INVALID_REQUEST',
  },
  { what: 'unknown parameter', path: '/v1/search?q=a&topK=3', status: 400, code: 'INVALID_REQUEST' },
  { what: 'unknown parameter on a plain route', path: '/v1/stats?verbose=1', status: 400, code: 'INVALID_REQUEST' },
  {
    what: 'wrong content type',
    path: '/v1/search',
    init: post('query=ice', 'application/x-www-form-urlencoded'),
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  {
    what: 'papers as HTML',
    path: '/v1/papers',
    init: post(HTML, 'text/html'),
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  { what: 'HTML that claims to be JSON', path: '/v1/papers', init: post(HTML), status: 400, code: 'INVALID_REQUEST' },
  { what: 'broken JSON', path: '/v1/search', init: post('{"query": "ice"'), status: 400, code: 'INVALID_REQUEST' },
  { what: 'no JSON at all', path: '/v1/similar', init: post(HTML), status: 400, code: 'INVALID_REQUEST' },
  { what: 'an array as a question', path: '/v1/search', init: post([]), status: 400, code: 'INVALID_REQUEST' },
  { what: 'deep nesting', path: '/v1/search', init: post('['.repeat(30_000)), status: 400, code: 'INVALID_REQUEST' },
  {
    what: 'body over the limit',
    path: '/v1/search',
    init: post({ query: 'x'.repeat(70_000) }),
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
  },
  {
    what: 'pasted text of 5 MB',
    path: '/v1/similar',
    init: post({ abstract: 'a'.repeat(5_000_000) }),
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
  },
]

const REJECTED: readonly { what: string; body: string; type?: string; codes: readonly string[] }[] = [
  { what: 'broken NDJSON line', body: '{"title": "Half', type: NDJSON, codes: ['RECORD_BROKEN'] },
  { what: 'HTML as NDJSON', body: HTML, type: NDJSON, codes: ['RECORD_BROKEN', 'RECORD_BROKEN'] },
  { what: 'broken record of an array', body: '[{"title": "Half" "abstract": 1}]', codes: ['RECORD_BROKEN'] },
  { what: 'wrong dimension', body: vector('1', '0', '0'), codes: ['EMBEDDING_MISMATCH'] },
  { what: 'NaN vector', body: full('NaN'), codes: ['RECORD_BROKEN'] },
  { what: 'vector of nulls, as JSON writes NaN', body: full('null'), codes: ['RECORD_INVALID'] },
  { what: 'infinite vector', body: full('1e999'), codes: ['RECORD_INVALID'] },
  { what: 'vector beyond 32-bit floats', body: full('1e300'), codes: ['EMBEDDING_MISMATCH'] },
  { what: 'zero vector', body: full('0'), codes: ['EMBEDDING_MISMATCH'] },
  { what: 'vector that vanishes in 32-bit floats', body: full('1e-60'), codes: ['EMBEDDING_MISMATCH'] },
  { what: 'vector of another model', body: full('1').replace('"hash"', '"other"'), codes: ['EMBEDDING_MISMATCH'] },
  {
    what: '5 MB abstract',
    body: JSON.stringify([{ title: 'Long', abstract: 'long '.repeat(1_000_000) }]),
    codes: ['RECORD_TOO_LARGE'],
  },
  { what: 'unknown field of a record', body: '[{"title":"A","rating":5}]', codes: ['RECORD_INVALID'] },
  { what: 'record without a title', body: '[{"abstract":"A"}]', codes: ['RECORD_INVALID'] },
  { what: 'records that are none', body: '[null, 7, "x", [], {}]', codes: Array(5).fill('RECORD_INVALID') },
  { what: 'lone surrogate', body: '[{"title":"\\ud800"}]', codes: ['RECORD_BROKEN'] },
]

describe('bad input', () => {
  it.each(REFUSED)('$what is $code', async ({ path, init, status, code }) => {
    const response = await app.request(path, init)
    expect(await response.json()).toMatchObject({ status, code })
    expect(response.status).toBe(status)
    await unharmed()
  })

  it.each(REJECTED)('$what is rejected as $codes', async ({ body, type, codes }) => {
    const result = await app.json<IngestResult>('/v1/papers', post(body, type))
    expect(result).toMatchObject({ added: 0, updated: 0, unchanged: 0 })
    expect(result.rejected.map(({ code }) => code)).toEqual(codes)
    for (const { line, detail } of result.rejected) {
      expect(line).toBeGreaterThan(0)
      expect(detail.length).toBeLessThan(1_000)
    }
    await unharmed()
  })
})
