import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const recommend = (body: unknown) => app.json<List>('/v1/recommend', post(body))
const ids = ({ data }: List) => data.map(({ id }) => id)

describe('POST /v1/recommend', () => {
  it('lists all papers but those asked with, by any of their ids', async () => {
    const list = List.strict().parse(await recommend({ positive: ['arxiv:2103.01234'], negative: ['sourdough'] }))
    expect(list.data).toHaveLength(PAPERS.length - 2)
    expect(ids(list)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(tide-clocks|sourdough)$/)]))
    expect(list.total).toBe(PAPERS.length - 2)
  })

  it('explains by id or by the index of the text', async () => {
    const text = 'glacier ice segmented in satellite images'
    const list = await recommend({ positive: ['bread-crust', { text }], explain: true, limit: 4 })
    const nearest = Object.fromEntries(list.data.map(({ id, explain }) => [id, explain?.nearestSeed]))
    expect(nearest).toMatchObject({ sourdough: 'bread-crust', 'glacier-maps': 1 })
  })

  it('takes the other spelling and every option', async () => {
    const asked = {
      strategy: 'bestScore',
      exact: true,
      ef: 50,
      diversity: 0.25,
      recencyHalfLifeDays: 365,
      collapse: true,
    }
    const one = await recommend({ positive: ['tide-clocks'], negative: ['bread-crust'], ...asked })
    const other = await recommend({ positivePaperIds: ['tide-clocks'], negativePaperIds: ['bread-crust'], ...asked })
    expect(other.data).toEqual(one.data)
    expect(one.index.plan).toBe('exact')
  })

  it('gives the fields and the papers that are asked for', async () => {
    const list = await recommend({ positive: ['sourdough'], fields: ['title'], filter: { year: 2020 } })
    expect(new Set(ids(list))).toEqual(new Set(['bread-crust', 'sea-ice/2020']))
    for (const hit of list.data) expect(Object.keys(hit).sort()).toEqual(['id', 'rank', 'title'])
  })

  it.each([
    [{}, ''],
    [{ positive: 'tide-clocks' }, 'positive'],
    [{ positive: [{ text: '' }] }, 'positive.0'],
    [{ negative: ['tide-clocks'] }, 'positive'],
    [{ positive: ['tide-clocks'], strategy: 'mean' }, 'strategy'],
    [{ positive: ['tide-clocks'], weights: [1] }, 'weights'],
  ])('refuses %j', async (body, field) => {
    const response = await app.request('/v1/recommend', post(body))
    const path = expect.stringContaining(field)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
  })

  it('answers PAPER_NOT_FOUND with the id that is unknown', async () => {
    const response = await app.request('/v1/recommend', post({ positive: ['tide-clocks', 'nobody'] }))
    expect(await response.json()).toMatchObject({
      status: 404,
      code: 'PAPER_NOT_FOUND',
      detail: expect.stringContaining('nobody'),
    })
  })
})

describe('diversity, recency and collapse as query parameters', () => {
  it('are read from decimals and words', async () => {
    const query = 'diversity=0.5&recencyHalfLifeDays=365.25&collapse=true&explain=true'
    const { data } = await app.json<List>(`/v1/papers/tide-clocks/similar?${query}`)
    expect(data).toHaveLength(PAPERS.length - 1)
    expect(data[0]?.explain?.boosts.map(({ name }) => name)).toContain('recency')
  })

  it.each([
    ['diversity=1.5', 'diversity'],
    ['diversity=.5', 'diversity'],
    ['diversity=1e-1', 'diversity'],
    ['recencyHalfLifeDays=0', 'recencyHalfLifeDays'],
    ['collapse=yes', 'collapse'],
    ['limit=1.5', 'limit'],
  ])('are refused where they are wrong: %s', async (query, field) => {
    const response = await app.request(`/v1/papers/tide-clocks/similar?${query}`)
    expect(await response.json()).toMatchObject({ status: 400, issues: [{ path: field }] })
  })
})
