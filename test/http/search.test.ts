import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const QUESTION = 'tide clocks: forecasting harbour water levels with recurrent networks'

describe('GET /v1/search', () => {
  it.each(['hybrid', 'dense', 'lexical'])('finds the paper of its words in mode %s', async (mode) => {
    const list = await app.json<List>(`/v1/search?q=${encodeURIComponent(QUESTION)}&mode=${mode}`)
    expect(list.data[0]?.id).toBe('tide-clocks')
    expect(list.data.map(({ rank }) => rank)).toEqual(list.data.map((_, at) => at + 1))
  })

  it('answers with a List as the contract describes it', async () => {
    const list = List.strict().parse(await app.json('/v1/search?q=ice&explain=true'))
    expect(list.data[0]?.explain?.lexical?.terms).toEqual(['ice'])
    expect(list.index.generation).toBeGreaterThan(0)
  })

  it('leaves explain out unless it is asked for', async () => {
    const { data } = await app.json<List>('/v1/search?q=ice&explain=false')
    expect(data[0]).not.toHaveProperty('explain')
  })

  it('pages with limit and offset', async () => {
    const all = await app.json<List>(`/v1/search?q=ice&mode=dense&exact=true`)
    const page = await app.json<List>(`/v1/search?q=ice&mode=dense&exact=true&limit=2&offset=1`)
    expect(page.data.map(({ id }) => id)).toEqual(all.data.slice(1, 3).map(({ id }) => id))
    expect(page.data[0]?.rank).toBe(2)
    expect(page.next).toBe(3)
    expect(page.index.plan).toBe('exact')
  })

  it.each([
    ['limit=abc', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=', 'limit'],
    ['limit=%205', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['offset=-1', 'offset'],
    ['ef=0', 'ef'],
    ['exact=yes', 'exact'],
    ['exact=1', 'exact'],
    ['exact=TRUE', 'exact'],
    ['explain=', 'explain'],
    ['mode=fuzzy', 'mode'],
    ['q=again', 'q'],
    ['query=again', 'query'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    ['filter=%7B%7D', 'filter'],
  ])('refuses %s and names the field', async (parameter, field) => {
    const response = await app.request(`/v1/search?q=ice&${parameter}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'INVALID_REQUEST', issues: [{ path: field }] })
  })

  it('reads a question of any characters', async () => {
    for (const question of ['"ice', 'ice* NEAR(', "Robert'); --", 'è́ 冰 🧊', '+-:^', '%']) {
      const response = await app.request(`/v1/search?q=${encodeURIComponent(question)}`)
      expect([question, response.status]).toEqual([question, 200])
    }
  })
})

describe('POST /v1/search', () => {
  it('answers as GET does', async () => {
    const { tookMs: _get, ...byQuery } = await app.json<List>(`/v1/search?q=${encodeURIComponent(QUESTION)}&limit=3`)
    const { tookMs: _post, ...byBody } = await app.json<List>('/v1/search', post({ query: QUESTION, limit: 3 }))
    expect(byBody).toEqual(byQuery)
  })

  it.each([
    [{ query: QUESTION, limit: '3' }, 'limit'],
    [{ query: QUESTION, exact: 'true' }, 'exact'],
    [{ query: QUESTION, q: 'ice' }, 'q'],
    [{ query: ['ice'] }, 'query'],
    [{}, 'query'],
  ])('refuses %j', async (body, field) => {
    const response = await app.request('/v1/search', post(body))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'INVALID_REQUEST', issues: [{ path: field }] })
  })

  it('refuses parameters in the query, where they would do nothing', async () => {
    const response = await app.request('/v1/search?limit=3', post({ query: QUESTION }))
    expect(await response.json()).toMatchObject({ status: 400, issues: [{ path: 'limit' }] })
  })
})

describe('POST /v1/search/batch', () => {
  it('answers each question in order', async () => {
    const queries = [
      { query: 'bread crust', mode: 'lexical', limit: 1 },
      { query: 'glacier satellite images', limit: 1 },
    ]
    const { results } = await app.json<{ results: List[] }>('/v1/search/batch', post({ queries }))
    expect(results.map(({ data }) => data[0]?.id)).toEqual(['bread-crust', 'glacier-maps'])
  })

  it('takes 128 long questions and no more', async () => {
    const queries = (count: number) => ({
      queries: Array.from({ length: count }, () => ({ query: 'ice '.repeat(1_000) })),
    })
    const { results } = await app.json<{ results: List[] }>('/v1/search/batch', post(queries(128)))
    expect(results).toHaveLength(128)
    const refused = await app.request('/v1/search/batch', post(queries(129)))
    expect(await refused.json()).toMatchObject({ code: 'INVALID_REQUEST', issues: [{ path: 'queries' }] })
  })

  it('names the question that is at fault', async () => {
    const response = await app.request(
      '/v1/search/batch',
      post({ queries: [{ query: 'ice' }, { query: ' ', top: 1 }] }),
    )
    const { issues } = (await response.json()) as { issues: { path: string }[] }
    expect(issues.map(({ path }) => path).sort()).toEqual(['queries.1.query', 'queries.1.top'])
  })
})

it('lists every paper when asked for enough', async () => {
  const { data, total, next } = await app.json<List>('/v1/search?q=ice&mode=dense&limit=100')
  expect(data).toHaveLength(PAPERS.length)
  expect([total, next]).toEqual([PAPERS.length, null])
})
