import { afterAll, beforeAll, expect, it } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { openApp } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const CASES = 300
const SEED = 20_240_613

/** Mulberry32: small, seeded, good enough to scatter. */
function generator(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const GETS = [
  '/graph/v1/paper/',
  '/recommendations/v1/papers/forpaper/',
  '/v1/models/',
  '/v1/search',
  '/v1/papers',
  '/v1/papers/match',
  '/v1/papers/',
  '/v1/stats',
  '/docs/',
  '/readyz',
  '/',
]
const POSTS = [
  '/v1/embeddings',
  '/v1/rerank',
  '/rerank',
  '/retrieval',
  '/v1/web-search',
  '/v1/search',
  '/v1/search/batch',
  '/v1/similar',
  '/v1/papers',
  '/v1/papers/batch',
  '/v1/recommend',
  '/v1/ask',
]
const NAMES = [
  'q',
  'query',
  'question',
  'stream',
  'mode',
  'limit',
  'offset',
  'ef',
  'exact',
  'explain',
  'cursor',
  'sort',
  'title',
  'text',
  'ids',
]
const MORE_NAMES = [
  'positive',
  'negative',
  'positivePaperIds',
  'strategy',
  'filter',
  'input',
  'model',
  'documents',
  'texts',
  'count',
  'knowledge_id',
  'retrieval_setting',
  'queries',
  'abstract',
  'id',
  'authors',
  'publishedAt',
  'embedding',
  '__proto__',
  'toString',
  '',
]
const VALUES = [
  '1',
  '-1',
  '1e9',
  'true',
  'null',
  '{}',
  '[]',
  '"a"',
  '""',
  '"\\u0000"',
  '"\\udc00"',
  '[[]]',
  '["tide-clocks"]',
  '["tide-clocks",{"text":"\\u0000 ice"}]',
  '"average"',
  '{"a":{}}',
  '9'.repeat(400),
]

const random = generator(SEED)
const pick = <T>(choices: readonly T[]): T => choices[random(choices.length)] as T
const bytes = (most: number) => Uint8Array.from({ length: random(most) }, () => random(256))
const escaped = (most: number) => Array.from(bytes(most), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const some = (most: number, make: () => string) => Array.from({ length: random(most) }, make)
const field = () => pick([...NAMES, ...MORE_NAMES])

function fuzzedGet(): [string, RequestInit] {
  const parameter = () => `${pick([field(), escaped(8)])}=${pick([encodeURIComponent(pick(VALUES)), escaped(40)])}`
  const rest = pick([escaped(20), '', 'similar', `${escaped(6)}/similar`])
  return [
    `${pick(GETS)}${pick(['', rest])}?${some(5, parameter).join('&')}`,
    { method: pick(['GET', 'GET', 'DELETE', 'HEAD']) },
  ]
}

function fuzzedPost(): [string, RequestInit] {
  const object = () => `{${some(5, () => `${JSON.stringify(field())}:${pick(VALUES)}`).join()}}`
  const text = pick([object(), `[${some(6, object).join()}]`, some(6, object).join('\n'), object().slice(random(20))])
  const body = pick<string | Uint8Array<ArrayBuffer>>([text, text, bytes(400)])
  const type = pick(['application/json', 'application/json', 'application/x-ndjson', escaped(10)])
  return [pick(POSTS), { method: 'POST', body, headers: { 'content-type': type } }]
}

it(`answers ${CASES} requests of noise without one error of ours`, async () => {
  const statuses = new Set<number>()
  for (let at = 0; at < CASES; at += 1) {
    const [path, init] = random(2) === 0 ? fuzzedGet() : fuzzedPost()
    const { status } = await app.request(path, init)
    statuses.add(status)
    expect([at, path, init, status < 500]).toEqual([at, path, init, true])
  }
  // Noise that is all refused at the door would say little of what lies behind it.
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]))
  const { data } = await app.json<List>('/v1/search?q=glacier%20satellite')
  expect(data[0]?.id).toBe('glacier-maps')
})
