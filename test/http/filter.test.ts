import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Facets } from '../../src/domain/facets.ts'
import type { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const ids = ({ data }: List) => data.map(({ id }) => id)
const sorted = (list: List) => ids(list).toSorted()
const RECENT = ['sourdough', 'storm-surge', 'tide-clocks']
const Q = 'q=gauge%20readings%20and%20bread'

describe('GET /v1/search with the filter shorthand', () => {
  it.each([
    ['year=2021-', RECENT],
    ['year=2021', ['tide-clocks']],
    ['year=2018&year=2022-2023', ['glacier-maps', 'sourdough', 'storm-surge']],
    ['year=-2018', ['glacier-maps']],
    ['publishedAfter=2022-10-02', ['sourdough', 'storm-surge']],
    ['publishedBefore=2019-05-20&publishedAfter=2019-01-01', ['river-gauges']],
    ['author=per%20lunde', ['storm-surge', 'tide-clocks']],
    ['author=Oda%20Strand&author=Ida%20Moen', ['bread-crust', 'tide-clocks']],
    ['organization=bakelab', ['bread-crust']],
    ['organization=Bake%20Lab&year=2021-', []],
    ['category=CS.lg', ['tide-clocks']],
    ['source=api', PAPERS.map(({ id }) => id).toSorted()],
    ['venue=Nowhere', []],
  ])('%s', async (parameters, expected) => {
    for (const mode of ['hybrid', 'dense']) {
      const list = await app.json<List>(`/v1/search?${Q}&mode=${mode}&${parameters}`)
      expect(sorted(list)).toEqual(expected)
      expect(list.total).toBe(expected.length)
    }
  })

  it('keeps the words of a question within the filter, and counts them so', async () => {
    const list = await app.json<List>('/v1/search?q=gauge&mode=lexical&year=2021-')
    expect([sorted(list), list.total]).toEqual([['storm-surge', 'tide-clocks'], 2])
  })

  it('leaves out a paper whose title is the question where the filter does', async () => {
    const title = encodeURIComponent(PAPERS[0]?.title ?? '')
    expect(ids(await app.json<List>(`/v1/search?q=${title}`))[0]).toBe('tide-clocks')
    expect(ids(await app.json<List>(`/v1/search?q=${title}&year=2022-`))).not.toContain('tide-clocks')
  })

  it.each([
    ['year=next', 'year.0'],
    ['year=2023-2021', 'year.0'],
    ['publishedAfter=2021', 'publishedAfter'],
    ['author=', 'author.0'],
    [`${'category=a&'.repeat(21)}`, 'category'],
    ['filter=%7B%7D', 'filter'],
  ])('refuses %s', async (parameters, path) => {
    const response = await app.request(`/v1/search?${Q}&${parameters}`)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
  })
})

describe('a filter in a body', () => {
  it.each(['hybrid', 'dense', 'lexical'])('bounds the search, %s', async (mode) => {
    const filter = { $or: [{ year: { $lt: 2019 } }, { organization: { $exists: true } }] }
    const list = await app.json<List>('/v1/search', post({ query: 'a satellite or an oven sound', mode, filter }))
    expect([sorted(list), list.total]).toEqual([['bread-crust', 'glacier-maps'], 2])
  })

  it('bounds each question of a batch by itself', async () => {
    const queries = [
      { query: 'water', filter: { year: 2019 } },
      { query: 'water', filter: { authors: { $exists: false } } },
    ]
    const { results } = await app.json<{ results: List[] }>('/v1/search/batch', post({ queries }))
    expect(results.map(sorted)).toEqual([['river-gauges'], ['river-gauges', 'sea-ice/2020', 'sourdough']])
  })

  it('bounds the papers like a text, and those like a paper', async () => {
    const like = await app.json<List>('/v1/similar', post({ text: 'ice in satellite images', filter: { year: 2020 } }))
    expect([sorted(like), like.total]).toEqual([['bread-crust', 'sea-ice/2020'], 2])
    const near = await app.json<List>('/v1/papers/tide-clocks/similar?year=2021-')
    expect([sorted(near), near.total]).toEqual([['sourdough', 'storm-surge'], 2])
    const others = await app.json<List>('/v1/papers/tide-clocks/similar?year=-2019')
    expect([sorted(others), others.total]).toEqual([['glacier-maps', 'river-gauges'], 2])
  })

  it('covers everything once, page by page', async () => {
    const filter = { year: { $gte: 2019 } }
    const pages = await Promise.all(
      [0, 2, 4].map((offset) => app.json<List>('/v1/search', post({ query: 'water', filter, limit: 2, offset }))),
    )
    expect(pages.map(({ total, next }) => [total, next])).toEqual([
      [6, 2],
      [6, 4],
      [6, null],
    ])
    expect(new Set(pages.flatMap(ids)).size).toBe(6)
  })

  it.each([
    [{ abstract: 'x' }, 'filter.abstract'],
    [{ year: { $where: 'x' } }, 'filter.year.$where'],
    [{ $or: [{ year: 1 }, { year: 'x' }] }, 'filter.$or.1.year'],
    [{ venue: { $in: Array.from({ length: 501 }, () => 'v') } }, 'filter.venue.$in'],
    [{ $or: Array.from({ length: 65 }, () => ({ year: 1 })) }, 'filter'],
    [JSON.parse(`${'{"$not":'.repeat(4_000)}{}${'}'.repeat(4_000)}`), 'filter.$not.$not.$not.$not.$not.$not.$not.$not'],
    ['year = 2021', 'filter'],
    [null, 'filter'],
    [[], 'filter'],
  ])('is refused with its path: %#', async (filter, path) => {
    for (const [route, body] of [
      ['/v1/search', { query: 'x', filter }],
      ['/v1/similar', { text: 'x', filter }],
    ] as const) {
      const response = await app.request(route, post(body))
      expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
    }
  })
})

describe('fields', () => {
  it('leaves in each hit what was asked for, with id and rank', async () => {
    const { data } = await app.json<List>(`/v1/search?${Q}&fields=title,score&limit=2`)
    expect(data.map((hit) => Object.keys(hit).toSorted())).toEqual([
      ['id', 'rank', 'score', 'title'],
      ['id', 'rank', 'score', 'title'],
    ])
    expect(Object.keys((await app.json<List>('/v1/papers/sourdough/similar?fields=year')).data[0] ?? {})).toEqual([
      'id',
      'year',
      'rank',
    ])
  })

  it('works in bodies as a list', async () => {
    const fields = ['explain', 'venue']
    const searched = await app.json<List>('/v1/search', post({ query: 'water', fields, explain: true }))
    expect(Object.keys(searched.data[0] ?? {})).toEqual(['id', 'venue', 'rank', 'explain'])
    const like = await app.json<List>('/v1/similar', post({ text: 'water', fields: ['id'] }))
    expect(Object.keys(like.data[0] ?? {})).toEqual(['id', 'rank'])
  })

  it.each([
    ['GET', '/v1/search?q=water&fields=title,vector', 'fields.1'],
    ['GET', '/v1/search?q=water&fields=', 'fields.0'],
    ['GET', '/v1/papers/sourdough/similar?fields=__proto__', 'fields.0'],
    ['POST', '/v1/search', 'fields.0'],
  ])('refuses a field that no hit has: %s %s', async (method, path, field) => {
    const init = method === 'POST' ? post({ query: 'water', fields: ['toString'] }) : {}
    const response = await app.request(path, init)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path: field }] })
  })
})

describe('GET /v1/facets', () => {
  it('counts all papers', async () => {
    const { total, facets } = await app.json<Facets>('/v1/facets?by=year,author,organization')
    expect(total).toBe(PAPERS.length)
    expect(facets.author?.[0]).toEqual({ value: 'Per Lunde', count: 2 })
    expect(facets.year).toEqual([
      { value: 2020, count: 2 },
      ...[2018, 2019, 2021, 2022, 2023].map((value) => ({ value, count: 1 })),
    ])
    expect(facets.organization).toEqual([{ value: 'Bake Lab', count: 1 }])
  })

  it('counts the papers that hold a word of a question, within a filter', async () => {
    const { total, facets } = await app.json<Facets>('/v1/facets?by=year&q=bread&year=2021-')
    expect({ total, facets }).toEqual({ total: 1, facets: { year: [{ value: 2023, count: 1 }] } })
    expect(await app.json<Facets>('/v1/facets?by=venue&q=zyzzyva')).toEqual({ total: 0, facets: { venue: [] } })
  })

  it.each([
    ['', 'by'],
    ['by=title', 'by.0'],
    ['by=', 'by.0'],
    ['by=year&q=', 'q'],
    ['by=year&limit=3', 'limit'],
    ['by=year&year=x', 'year.0'],
  ])('refuses ?%s', async (parameters, path) => {
    const response = await app.request(`/v1/facets?${parameters}`)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
  })
})
